"""Releases -> drawings with their words and their table. Nothing is estimated here: the stored numbers are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from analysis.charts import Event, Point, Series, trend
from analysis.drawing import NARROW, WIDE, Figure, to_png, to_svg
from server.events import Happening
from server.languages import format_month
from server.wording import Wording
from surveys.releases import Cell, Marker, Release

NAN = math.nan
NAMED_WIDE, NAMED_NARROW = 4, 2  # events whose names fit above a drawing


@dataclass(frozen=True)
class Picture:
    """A drawing, the sentence that says what it shows, and the same numbers as a table."""

    title: str
    sentence: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: Figure
    narrow: Figure
    notes: tuple[str, ...] = ()  # what happened meanwhile, in the order of the drawing

    def svg(self, *, narrow: bool = False, outlined: bool = False) -> str:
        figure = self.narrow if narrow else self.wide
        return to_svg(figure, title=self.title, description=self.sentence, outlined=outlined)

    def png(self) -> bytes:
        return to_png(self.wide)


def point_of(release: Release, cell: Cell | None, wording: Wording) -> Point:
    """One round of a series as a point; a range without a value is drawn as an interval around its middle."""
    label = f"{wording.label(release.round_label)}\n{format_month(release.closed_on, wording.language)}"
    if cell is None or (cell.value is None and (cell.low is None or cell.high is None)):
        return Point(release.closed_on, label, note=wording.reason(cell))
    low, high = (NAN if cell.low is None else cell.low), (NAN if cell.high is None else cell.high)
    value = (low + high) / 2 if cell.value is None else cell.value
    return Point(release.closed_on, label, value, low, high, note="" if cell.low is not None else wording.reason(cell))


def events_of(
    series: Sequence[Release], wording: Wording, target: str = "", happenings: Sequence[Happening] = ()
) -> list[Event]:
    """Breaks and events of the series, each once, from the latest release that names it, oldest first.

    A changed questionnaire breaks the line of what it changed only: the marker's note holds the codes of constructs.
    happenings: what the records of the partnership add, as far as it falls between the rounds.
    """
    markers = {(marker.kind, marker.on): marker for release in series for marker in release.markers}
    days = [release.closed_on for release in series]
    drawn = [
        replace(_event(marker, wording, target), on=_drawn_on(marker, days))
        for marker in markers.values()
        if marker.kind != "no_release"
    ]
    known = {(kind, on) for kind, on in markers}
    drawn += [
        Event(one.on, one.label)
        for one in happenings
        if days and days[0] <= one.on <= days[-1] and (one.kind, one.on) not in known
    ]
    return sorted(drawn, key=lambda one: (one.on, one.label))


def _drawn_on(marker: Marker, days: Sequence[date]) -> date:
    """What is noticed at a round happened since the round before: it is drawn halfway, beside no number."""
    if marker.kind not in ("instrument_version", "language_shares", "membership") or marker.on not in days[1:]:
        return marker.on
    before = days[days.index(marker.on) - 1]
    return before + (marker.on - before) // 2


def _event(marker: Marker, wording: Wording, target: str) -> Event:
    titles = {one.code: wording.target(f"construct:{one.code}") for one in wording.instrument.constructs}
    codes = marker.note.split()
    if marker.kind != "instrument_version" or not codes or not set(codes) <= set(titles):
        return Event(marker.on, marker.note or wording.marker(marker.kind), marker.is_break)
    label = wording.about(wording.marker(marker.kind), ", ".join(titles[code] for code in codes))
    return Event(marker.on, label, marker.is_break and bool(set(codes) & _constructs_of(target, wording)))


def _constructs_of(target: str, wording: Wording) -> set[str]:
    """The constructs a number rests on; all of them where that is not known."""
    kind, _, code = target.partition(":")
    instrument = wording.instrument
    if kind == "construct":
        return {code}
    if kind == "headline":
        return {one for headline in instrument.headlines if headline.code == code for one in headline.constructs}
    if kind == "item":
        return {item.construct_code for item in instrument.items if item.code == code}
    return {one.code for one in instrument.constructs}


def trend_picture(
    series: Sequence[Release],
    target: str,
    wording: Wording,
    *,
    populations: Sequence[str] = ("all",),
    happenings: Sequence[Happening] = (),
) -> Picture:
    """The level of one index, construct or item over all rounds, for one population or the two sides."""
    name = wording.target(target)
    lines, rows = [], []
    for population in populations:
        cells = [release.find("level", target, population) for release in series]
        points = tuple(point_of(release, cell, wording) for release, cell in zip(series, cells, strict=True))
        lines.append(Series(wording.population(population), points))
        rows += [_row(release, cell, wording, population) for release, cell in zip(series, cells, strict=True)]
    events = events_of(series, wording, target, happenings)
    numbered = _numbered(events)
    header = (
        wording._("Round"),
        wording._("Date"),
        wording._("Who"),
        wording._("Points (interval)"),
        wording._("People"),
    )
    return Picture(
        title=name,
        sentence=_trend_sentence(series, target, name, wording),
        header=header,
        rows=tuple(rows),
        wide=trend(lines, events if len(events) <= NAMED_WIDE else numbered, size=WIDE),
        narrow=trend(lines, events if len(events) <= NAMED_NARROW else numbered, size=NARROW),
        notes=tuple(_note(event, number, wording) for number, event in enumerate(events, start=1)),
    )


def _numbered(events: Sequence[Event]) -> list[Event]:
    """Numbers in place of names that would not fit; the list below the drawing has both."""
    return [replace(event, label=str(number)) for number, event in enumerate(events, start=1)]


def _note(event: Event, number: int, wording: Wording) -> str:
    said = wording._("{number}. {month}: {event}")
    return said.format(number=number, month=format_month(event.on, wording.language), event=event.label)


def _row(release: Release, cell: Cell | None, wording: Wording, population: str) -> tuple[str, ...]:
    people = "" if cell is None else cell.n_band or ("" if cell.n is None else str(cell.n))
    month = format_month(release.closed_on, wording.language)
    return (wording.label(release.round_label), month, wording.population(population), wording.full_level(cell), people)


def _trend_sentence(series: Sequence[Release], target: str, name: str, wording: Wording) -> str:
    if not series:
        return wording._("No round has been released yet.")
    last = series[-1]
    now = wording._("{name} in {round}: {level}.").format(
        name=name, round=wording.label(last.round_label), level=wording.full_level(last.find("level", target))
    )
    if len(series) == 1:
        return now
    change = wording.change(last.find("change_last", target))
    return now + " " + wording._("Since the round before: {change}.").format(change=change)
