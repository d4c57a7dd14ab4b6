"""Calendar files (RFC 5545): one event each, the same bytes every time it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from server.csv_files import download

MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """uid: the same for the same event, so that a later file moves it. sequence: how often it was changed."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    location: str = ""
    description: str = ""
    sequence: int = 0
    is_cancelled: bool = False


def to_ical(event: CalendarEvent) -> bytes:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Rapport//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}@rapport",
        f"DTSTAMP:{_stamp(event.changed_at)}",
        f"DTSTART:{_stamp(event.starts_at)}",
        f"DTEND:{_stamp(event.ends_at)}",
        f"SEQUENCE:{event.sequence}",
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        f"SUMMARY:{_escaped(event.title)}",
    ]
    if event.location:
        lines.append(f"LOCATION:{_escaped(event.location)}")
    if event.description:
        lines.append(f"DESCRIPTION:{_escaped(event.description)}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(_folded(line) + "\r\n" for line in lines).encode()


def ical_download(event: CalendarEvent, name: str) -> Response:
    return download(to_ical(event), f"{name}.ics", MEDIA_TYPE)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    plain = "".join(sign for sign in text if sign >= " " or sign == "\n")
    for sign in "\\;,":
        plain = plain.replace(sign, f"\\{sign}")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 bytes, never cut inside a letter; the next line begins with a space."""
    parts, rest = [], line
    while len(rest.encode()) > 74:
        end = 74
        while len(rest[:end].encode()) > 74:
            end -= 1
        parts.append(rest[:end])
        rest = rest[end:]
    return "\r\n ".join([*parts, rest])
