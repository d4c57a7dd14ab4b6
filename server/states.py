"""What a round is doing, in one phrase with the time of what comes next."""

from __future__ import annotations

from datetime import datetime

from server.languages import translator
from server.pages import format_moment
from surveys.key_locks import Waiting
from surveys.models import Round
from surveys.rounds import OPENING_AFTER


def state_words(round_: Round, zone: str, language: str, now: datetime, waiting: Waiting | None = None) -> str:
    """The phrase; `waiting` is what a round of several keys waits for."""
    _ = translator(language).gettext

    def at(moment: datetime) -> str:
        return format_moment(moment, zone, language)

    match round_.state:
        case "prepared":
            return _("in preparation, to open on {moment}").format(moment=at(round_.opens_at))
        case "open" if now < round_.opens_at:
            return _("ready, opens on {moment}").format(moment=at(round_.opens_at))
        case "open":
            return _("open for answers until {moment}").format(moment=at(round_.closes_at))
        case "closed" if waiting and now < round_.closes_at + OPENING_AFTER:
            said = _("closed, the key holders enter their codes from {moment}")
            return said.format(moment=at(round_.closes_at + OPENING_AFTER))
        case "closed" if waiting:
            said = _("closed, waiting for the codes of {needed} of {count} key holders ({entered} so far)")
            return said.format(needed=waiting.needed, count=waiting.holders, entered=waiting.entered)
        case "closed":
            return _("closed, the box is opened on {moment}").format(moment=at(round_.closes_at + OPENING_AFTER))
        case "released":
            return _("released")
        case "not_opened":
            return _("not opened: too few people answered, their answers were destroyed unread")
        case _:
            return _("cancelled, all answers were destroyed unread")
