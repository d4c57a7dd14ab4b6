"""Label and dates of a round as a form: typed on the partnership's clocks, read with every fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.exchange.calendar import months_later
from server.languages import is_readable
from surveys.models import Partnership, Round

Gettext = Callable[[str], str]
USUAL_LENGTH = timedelta(days=14)
LONGEST_LABEL = 80
LATEST_YEAR = 2200


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as a browser sends and shows them."""

    label: str
    opens_at: str
    closes_at: str


@dataclass(frozen=True, slots=True)
class Dates:
    label: str
    opens_at: datetime
    closes_at: datetime


def suggested(now: datetime, zone: str) -> Typed:
    """From tomorrow morning, for two weeks, until an evening."""
    opens_at = (now.astimezone(ZoneInfo(zone)) + timedelta(days=1)).replace(hour=8, minute=0)
    return Typed("", _shown(opens_at), _shown((opens_at + USUAL_LENGTH).replace(hour=17)))


def proposed(partnership: Partnership, last: Round | None, now: datetime) -> Typed:
    """The dates that the rhythm of the series proposes; without a round before, from tomorrow on."""
    if last is None:
        return suggested(now, partnership.time_zone)
    closes_at = next_closing(partnership, last, now).astimezone(ZoneInfo(partnership.time_zone))
    opens_at = (closes_at - USUAL_LENGTH).replace(hour=8, minute=0)
    if opens_at <= now:
        return suggested(now, partnership.time_zone)
    return Typed("", _shown(opens_at), _shown(closes_at))


def next_closing(partnership: Partnership, last: Round, now: datetime) -> datetime:
    """The next date that was agreed ahead, else one rhythm after the last closing: never a day that has passed."""
    clock = ZoneInfo(partnership.time_zone)
    closed = last.closes_at.astimezone(clock)
    today, evening = now.astimezone(clock).date(), closed.time() or time(17)
    ahead = sorted(day for day in map(date.fromisoformat, partnership.round_dates) if day > max(today, closed.date()))
    day = ahead[0] if ahead else months_later(closed.date(), max(1, partnership.rhythm_months))
    while day <= today:
        day = months_later(day, max(1, partnership.rhythm_months))
    return datetime.combine(day, evening, tzinfo=clock)


def of_round(round_: Round, zone: str) -> Typed:
    clock = ZoneInfo(zone)
    return Typed(round_.label, _shown(round_.opens_at.astimezone(clock)), _shown(round_.closes_at.astimezone(clock)))


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def read_dates(typed: Typed, zone: str, now: datetime, _: Gettext) -> tuple[Dates | None, tuple[str, ...]]:
    """The dates, or what is wrong with them."""
    label = " ".join(typed.label.split())
    opens_at, closes_at = _moment(typed.opens_at, zone), _moment(typed.closes_at, zone)
    faults = []
    if len(label) > LONGEST_LABEL or not is_readable(label):
        faults.append(
            _("The label has at most {count} characters, without signs that cannot be printed.").format(
                count=LONGEST_LABEL
            )
        )
    if opens_at is None or closes_at is None:
        faults.append(_("Please give both times as a day and an hour."))
    elif closes_at <= opens_at:
        faults.append(_("A round must close after it opens."))
    elif closes_at <= now:
        faults.append(_("The closing time lies in the past."))
    if faults or opens_at is None or closes_at is None:
        return None, tuple(faults)
    return Dates(label, opens_at, closes_at), ()


def _moment(text: str, zone: str) -> datetime | None:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_usable = typed.tzinfo is None and 2000 <= typed.year < LATEST_YEAR
    return typed.replace(tzinfo=ZoneInfo(zone)) if is_usable else None
