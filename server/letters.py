"""Links that accounts and second persons are sent; without a mail server they are shown to whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from server.settings import Settings
from surveys.models import Account, AccountLink


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link on the page of whoever made it, this once."""

    person: str
    link: str
    code: str
    enter_at: str


def link_to(settings: Settings, place: str, person: str, secret: str) -> ShownLink:
    """The address with the secret behind "#", which browsers never send on."""
    base = settings.base_url.rstrip("/")
    return ShownLink(person, f"{base}/{place}#{secret}", secret, f"{base}/{place}")


def has_mail(settings: Settings) -> bool:  # noqa: ARG001 - until there is a mail server to ask for
    """Whether letters leave this machine."""
    return False


def send_reset(session: Session, settings: Settings, account: Account, secret: str, now: datetime) -> None:
    """A new password, by mail, where there is mail."""


def send_invitation(
    session: Session,  # noqa: ARG001 - until there is a mail server
    settings: Settings,
    link: AccountLink,
    secret: str,
    now: datetime,  # noqa: ARG001 - the same
) -> ShownLink | None:
    """An invitation by mail, where there is mail; otherwise the link, to be handed over by whoever invited."""
    return link_to(settings, "join", link.name or link.email, secret)
