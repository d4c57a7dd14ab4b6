"""Dates as an iCalendar file (RFC 5545): for rounds here, for meetings wherever they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from server.languages import label_in, translator
from server.pages import words_in
from surveys.invitations import GRACE
from surveys.models import Partnership, Round
from surveys.rounds import OPENING_AFTER

LONGEST_LINE = 75  # bytes, after which a line is folded


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a time. The same uid in a later file replaces it; `ends_at` equal to `starts_at` is a moment."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    place: str = ""
    url: str = ""


def to_icalendar(events: Sequence[Event], *, stamp: datetime) -> bytes:
    """A calendar file. `stamp` is when the facts were known: the same facts give the same bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Rapport//Rapport//EN", "METHOD:PUBLISH"]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(event.uid)}",
            f"DTSTAMP:{_moment(stamp)}",
            f"DTSTART:{_moment(event.starts_at)}",
            f"DTEND:{_moment(event.ends_at)}",
            f"SUMMARY:{_escaped(event.title)}",
        ]
        named = (("DESCRIPTION", event.description), ("LOCATION", event.place))
        lines += [f"{name}:{_escaped(text)}" for name, text in named if text]
        lines += [f"URL:{event.url}"] if event.url.isascii() and event.url.isprintable() and event.url else []
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) + "\r\n" for line in lines).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """What would end a line or a value; control signs, which no calendar shows, are left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(
        sign for sign in plain.replace("\n", "\\n") if sign.isprintable() or sign in "\u00a0\u200b\u200c\u200d"
    )


def _folded(line: str) -> str:
    """At most 75 bytes a line, cut between letters, never inside one."""
    pieces, size = [""], 0
    for sign in line:
        width = len(sign.encode())
        if size + width > LONGEST_LINE:
            pieces.append(" ")
            size = 1
        pieces[-1] += sign
        size += width
    return "\r\n".join(pieces)


def calendar_of_round(
    partnership: Partnership, round_: Round, base_url: str, language: str, *, stamp: datetime
) -> bytes:
    """When a round opens, when it closes, and when its box is opened."""
    _ = translator(language).gettext
    title = words_in(partnership.titles or {"en": partnership.title}, language).text or partnership.title
    label = label_in(round_.label, language)
    address = f"{base_url.rstrip('/')}/partnerships/{partnership.id}/rounds/{round_.number}"
    opening = round_.closes_at + OPENING_AFTER
    moments = (
        ("opens", _("{partnership}, {round}: opens"), round_.opens_at, round_.opens_at),
        ("closes", _("{partnership}, {round}: closes"), round_.closes_at, round_.closes_at + GRACE),
        ("box", _("{partnership}, {round}: the box is opened"), opening, opening),
    )
    events = [
        Event(f"{round_.id}-{name}@rapport", said.format(partnership=title, round=label), start, end, url=address)
        for name, said, start, end in moments
    ]
    return to_icalendar(events, stamp=stamp)
