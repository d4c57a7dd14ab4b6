"""From a row of the outbox to a letter: who it is for, in which language, with which link or results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from server.brief_text import agreements_text, brief_text
from server.languages import LANGUAGES, format_day, label_in, translator
from server.mail import Letter
from server.mail_texts import Text, fill, kind_of_text, safe_subject, subject_of, text_for
from server.pages import format_moment
from server.sending import message_id
from server.settings import Settings
from server.sheets import name_of, title_of
from surveys import mailings, outbox, rounds
from surveys.invitations import personal_secret
from surveys.keystore import RoundKeys
from surveys.mailings import Due
from surveys.models import Account, Invitation, Mailing, Organization, Partnership, Round, Seat


@dataclass
class Composer:
    """Writes letters; what is the same for everybody is worked out once."""

    settings: Settings
    shared: dict[tuple[UUID, str], str] = field(default_factory=dict)

    def __call__(self, session: Session, due: Due) -> Letter:
        language = due.invitation.language if due.invitation.language in LANGUAGES else "en"
        partnership = session.get_one(Partnership, due.round_.partnership_id)
        text = text_for(session, partnership.id, kind_of_text(due.mailing.kind), language)
        values = self._values(session, due, partnership, language)
        return Letter(due.invitation.email or "", subject_of(text, values), fill(text.body, values), message_id(due))

    def _values(self, session: Session, due: Due, partnership: Partnership, language: str) -> dict[str, str]:
        values = values_for(session, self.settings, partnership, due.round_, due.invitation, due.keys, language)
        values["confidentiality"] = confidentiality(
            due.mailing.kind, language, has_positions=rounds.asks_positions(due.round_)
        )
        if due.mailing.kind == "results":
            values["brief"] = self._once(due.mailing, language, lambda: brief_text(session, due.round_, language))
        if due.mailing.kind == "agreed":
            entries = [UUID(one) for one in due.mailing.details["entries"]]
            values["agreements"] = self._once(
                due.mailing, language, lambda: agreements_text(session, due.round_, entries, language)
            )
        values["reason"] = str(due.mailing.details.get("reason", ""))
        return values

    def _once(self, mailing: Mailing, language: str, make: Callable[[], str]) -> str:
        key = (mailing.id, language)
        if key not in self.shared:
            self.shared[key] = make()
        return self.shared[key]


def tell_representatives(session: Session, mailing: Mailing, *, settings: Settings) -> None:
    """With the results for everybody, each representative is told of the page with the own organization's part."""
    if mailing.kind != "results":
        return
    round_ = session.get_one(Round, mailing.round_id)
    partnership = session.get_one(Partnership, round_.partnership_id)
    query = select(Account).join(Seat, col(Seat.account_id) == col(Account.id))
    seated = query.where(Seat.partnership_id == partnership.id, Seat.role == "representative")
    for account in session.exec(seated):
        _ = translator(account.language).gettext
        title = title_of(partnership, account.language).text
        address = f"{settings.base_url.rstrip('/')}/partnerships/{partnership.id}/rounds/{round_.number}"
        text = _(
            "The round “{round}” of the partnership “{partnership}” was opened. Everybody invited gets the results "
            "that all may read. What is meant for your organization alone stands, after you log in, at:"
        ).format(round=label_in(round_.label, account.language), partnership=title)
        subject = _("{partnership}: results").format(partnership=title)
        outbox.post(
            session,
            to=account.email,
            subject=safe_subject(subject),
            text=f"{text}\n\n{address}\n",
            key=f"results|{round_.id}|{account.id}",
        )


def values_for(
    session: Session,
    settings: Settings,
    partnership: Partnership,
    round_: Round,
    invitation: Invitation,
    keys: RoundKeys | None,
    language: str,
) -> dict[str, str]:
    """What placeholders stand for, in the words of this person's language. Without keys there is no link."""
    zone = partnership.time_zone
    enter_at = f"{settings.base_url.rstrip('/')}/i"
    code = personal_secret(keys, invitation.id) if keys else ""
    return {
        "person": invitation.person,
        "organization": name_of(session.get_one(Organization, invitation.organization_id), language).text,
        "partnership": title_of(partnership, language).text,
        "round": label_in(round_.label, language),
        "opens": format_moment(round_.opens_at, zone, language),
        "closes": format_moment(round_.closes_at, zone, language),
        "link": f"{enter_at}#{code}" if code else "",
        "code": code,
        "enter_at": enter_at,
        "reminders": reminders_words(session, round_, zone, language),
    }


def reminders_words(session: Session, round_: Round, zone: str, language: str) -> str:
    """When reminders come and to whom: said in the invitation and on the first page."""
    _ = translator(language).gettext
    plan = mailings.plan_of(session, round_)
    times = mailings.reminder_times(round_, plan, after=round_.opens_at) if plan.by_mail else []
    if not times:
        return _("No reminders will be sent.")
    days = ", ".join(format_day(one.astimezone(ZoneInfo(zone)).date(), language) for one in times)
    if plan.everybody:
        return _("Reminders go to everybody invited, whether they have answered or not: {days}.").format(days=days)
    said = _(
        "Reminders go by themselves to those who have not handed in yet: {days}. The facilitator sees how many were "
        "sent, and never to whom; whoever runs your mail can see them."
    )
    return said.format(days=days)


def confidentiality(kind: str, language: str, *, has_positions: bool) -> str:
    """What is promised, and nothing more than that; no wording of a partnership changes it."""
    _ = translator(language).gettext
    match kind:
        case "not_opened":
            return _("What people had answered was destroyed unread.")
        case "cancelled":
            return _("All answers and drafts were destroyed unread, and the keys with them.")
        case "results":
            return _(
                "The results come from all answers together. No table links answers to people, and numbers that could "
                "point to somebody are hidden or shown as a range."
            )
    sentences = [
        _(
            "Your answers are sealed when you hand them in, and opened only after closing, all together. No table "
            "links answers to people, and the facilitator does not see who has answered."
        )
    ]
    if has_positions:
        sentences.append(_("Answers in the part “position of your organization” are not anonymous."))
    sentences.append(_("Whoever holds your link can answer in your name: please do not pass it on."))
    return " ".join(sentences)


def sample_values(partnership: Partnership, settings: Settings, kind: str, language: str) -> dict[str, str]:
    """Made-up values for a preview or a test mail: nobody's link, nobody's name."""
    _ = translator(language).gettext
    enter_at = f"{settings.base_url.rstrip('/')}/i"
    code = "-".join(["XXXX"] * 6)
    return {
        "person": "Sok Dara",
        "organization": _("Your organization"),
        "partnership": title_of(partnership, language).text,
        "round": _("Round {number}").format(number=1),
        "opens": _("Monday, 8:00"),
        "closes": _("Friday in two weeks, 17:00"),
        "link": f"{enter_at}#{code}",
        "code": code,
        "enter_at": enter_at,
        "confidentiality": confidentiality(kind, language, has_positions=partnership.dyadic_mode == "positions"),
        "reminders": _("(here: when reminders come, and to whom)"),
        "reason": _("(here: the reason)"),
        "brief": _("(here: the part of the brief that everybody may read)"),
        "agreements": _("(here: what was agreed, by whom, until when)"),
    }


def sample(partnership: Partnership, settings: Settings, kind: str, language: str, text: Text) -> Text:
    """A text filled with made-up values."""
    values = sample_values(partnership, settings, kind, language)
    return Text(subject_of(text, values), fill(text.body, values))
