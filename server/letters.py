"""Links that accounts and second persons are sent; without a mail server they are shown to whoever made them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from server.languages import translator
from server.settings import Settings
from server.sheets import title_of
from surveys import outbox
from surveys.invitations import token_hash
from surveys.models import Account, AccountLink, ListApproval, Partnership


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link on the page of whoever made it, this once; `sent_to` where a mail took it instead."""

    person: str
    link: str
    code: str
    enter_at: str
    sent_to: str = ""


def link_to(settings: Settings, place: str, person: str, secret: str) -> ShownLink:
    """The address with the secret behind "#", which browsers never send on."""
    base = settings.base_url.rstrip("/")
    return ShownLink(person, f"{base}/{place}#{secret}", secret, f"{base}/{place}")


def has_mail(settings: Settings) -> bool:
    """Whether letters leave this machine."""
    return settings.sends_mail


def send_reset(session: Session, settings: Settings, account: Account, secret: str) -> None:
    """A new password, by mail, where there is mail."""
    _ = translator(account.language).gettext
    text = _(
        "Somebody, probably you, asked for a new password for your account in Rapport. "
        "This link sets one; it works once, within two hours:\n\n{link}\n\n"
        "If it was not you, leave this letter alone: nothing has changed."
    )
    _post(session, settings, account.email, _("A new password"), text, link_to(settings, "join", account.name, secret))


def send_invitation(
    session: Session,
    settings: Settings,
    link: AccountLink,
    secret: str,
) -> ShownLink:
    """An invitation by mail, where there is mail; otherwise the link, to be handed over by whoever invited."""
    _ = translator(link.language).gettext
    partnership = session.get(Partnership, link.partnership_id) if link.partnership_id else None
    subject = _("Invitation to Rapport")
    if partnership is not None:
        subject = _("Invitation: {partnership}").format(partnership=title_of(partnership, link.language))
    text = _(
        "{who} invites you to Rapport, where the partners of a development partnership ask each other how it goes. "
        "This link makes your account; it works once, within 14 days:\n\n{link}\n\n"
        "Do not pass it on: who opens it first takes your place."
    )
    shown = link_to(settings, "join", link.name or link.email, secret)
    return _post(session, settings, link.email, subject, text, shown, who=link.invited_by)


def send_approval(
    session: Session, settings: Settings, asked: ListApproval, secret: str, title: str, language: str
) -> ShownLink:
    """The list of a round, to be looked at by a second person."""
    _ = translator(language).gettext
    text = _(
        "{who} asks you to look at the list of people who will be asked in a round of “{title}”: is everybody on it "
        "who should be, and nobody else? This link shows the list, the dates and the rules:\n\n{link}\n\n"
        "The round cannot begin without your approval. Do not pass the link on."
    ).replace("{title}", title)
    subject = _("Please approve a list: {partnership}").format(partnership=title)
    shown = link_to(settings, "approval", asked.person, secret)
    return _post(session, settings, asked.email, subject, text, shown, who=asked.asked_by)


def _post(
    session: Session, settings: Settings, to: str, subject: str, text: str, shown: ShownLink, *, who: str = ""
) -> ShownLink:
    """Into the outbox, once for each link; what the page says of it."""
    if not has_mail(settings):
        return shown
    whole = text.replace("{who}", who).replace("{link}", shown.link)
    outbox.post(session, to=to, subject=_one_line(subject), text=whole, key=f"link|{token_hash(shown.code)[:32]}")
    return ShownLink(shown.person, "", "", shown.enter_at, sent_to=to)


def _one_line(subject: str) -> str:
    """A title written by people may hold what no header may."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in subject).split())
    return plain.replace("=?", "=")[: outbox.LONGEST_SUBJECT]
