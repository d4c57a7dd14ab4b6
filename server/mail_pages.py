"""What the page of a round's mails shows: the plan, how many went out, and invitations that did not arrive.

Numbers of mails, never names: who is reminded is known to nobody who can open a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from server.languages import label_in, translator
from server.mail_texts import TITLES
from server.mailing import reminders_words
from server.pages import Page, Words
from server.settings import Settings
from server.sheets import title_of
from surveys import discussions, mailings, outbox, rounds
from surveys.models import Commitment, Delivery, Invitation, Mailing, Partnership, Round


@dataclass(frozen=True, slots=True)
class MailingLine:
    title: str
    due_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """An invitation that did not arrive, or nobody knows; everybody gets invitations, so it says nothing else."""

    invitation_id: UUID
    person: str
    email: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MailsPage(Page):
    template = "rounds/mails.html"
    title: Words
    address: str
    partnership_address: str
    label: str
    state: str
    zone: str
    has_server: bool
    n_waiting: int
    lines: tuple[MailingLine, ...]
    reminders: str
    days: str
    everybody: bool
    by_mail: bool
    troubles: tuple[TroubleLine, ...]
    people: tuple[tuple[UUID, str], ...]
    n_agreed: int
    test_state: str
    problem: str


def mails_page(
    session: Session,
    settings: Settings,
    partnership: Partnership,
    round_: Round,
    language: str,
    *,
    test_key: str = "",
    problem: str = "",
) -> MailsPage:
    plan = mailings.plan_of(session, round_)
    address = f"/partnerships/{partnership.id}"
    present = [one for one in rounds.invitations_of(session, round_) if not one.gone]
    troubles = mailings.troubles(session, round_)
    return MailsPage(
        title=title_of(partnership, language),
        address=f"{address}/rounds/{round_.number}",
        partnership_address=address,
        label=label_in(round_.label, language),
        state=round_.state,
        zone=partnership.time_zone,
        has_server=settings.sends_mail,
        n_waiting=outbox.count_waiting(session),
        lines=tuple(_line(one, language, settings.demonstration) for one in mailings.of_round(session, round_)),
        reminders=reminders_words(session, round_, partnership.time_zone, language),
        days=", ".join(str(one) for one in plan.reminders),
        everybody=plan.everybody,
        by_mail=plan.by_mail,
        troubles=tuple(
            TroubleLine(one.id, one.person, one.email or "", trouble_words(troubles[one.id], language))
            for one in present
            if one.id in troubles
        ),
        people=_reachable(present) if round_.state == "open" else (),
        n_agreed=len(agreed_for(session, round_)),
        test_state=_test_words(session, test_key, language),
        problem=problem,
    )


def _reachable(present: Iterable[Invitation]) -> tuple[tuple[UUID, str], ...]:
    """Who may be sent the invitation again: people with an address."""
    return tuple((one.id, f"{one.person}, {one.email}") for one in present if mailings.has_address(one))


def _line(mailing: Mailing, language: str, is_shown: bool) -> MailingLine:
    translate = translator(language)
    if is_shown:
        state = translate.gettext("shown, not sent")
    elif mailing.sent is None:
        state = translate.gettext("planned")
    else:
        said = translate.ngettext("%(num)s mail sent", "%(num)s mails sent", mailing.sent)
        state = said % {"num": mailing.sent}
    return MailingLine(translate.gettext(TITLES[mailing.kind]), mailing.due_at, state)


def trouble_words(delivery: Delivery, language: str) -> str:
    _ = translator(language).gettext
    said = {
        "refused": _("refused by a mail server ({code}): correct the address, then send it again"),
        "returned": _("came back as undeliverable ({code}): correct the address, then send it again"),
        "unclear": _("it is not known whether it arrived: ask, and send it again if it did not"),
    }[delivery.outcome]
    return said.format(code=delivery.code or "–")


def agreed_for(session: Session, round_: Round) -> list[Commitment]:
    """What findings of this round led to and every partner may read, the first due first."""
    entries = {
        one.id for one in discussions.of_partnership(session, round_.partnership_id) if one.round_id == round_.id
    }
    query = select(Commitment).where(col(Commitment.discussion_id).in_(entries), Commitment.is_open_to_all)
    kept = [one for one in session.exec(query) if one.status not in ("draft", "dropped")]
    return sorted(kept, key=lambda one: (str(one.due_on), str(one.id)))


def _test_words(session: Session, key: str, language: str) -> str:
    """What became of the test mail that was asked for last."""
    found = outbox.find_state(session, key) if key else None
    if found is None:
        return ""
    _ = translator(language).gettext
    said = {
        "waiting": _("The test mail is on its way; open this page again in a minute."),
        "sent": _("The mail server took the test mail: look into your mailbox."),
        "refused": _("The test mail was refused ({code})."),
        "unclear": _("The mail server did not answer: it is not known whether the test mail arrives."),
    }[found[0]]
    return said.format(code=found[1])
