"""The tidy table of releases: one published number per line, or the flag that says why there is none. Pure.

Everything comes from stored releases as one audience may see them. Group sizes leave in bands only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from analysis.disclosure import size_band
from server.technical_words import about
from server.wording import REASONS, Wording
from surveys.instruments import Instrument
from surveys.main_numbers import is_main
from surveys.releases import Cell, Release

What = Literal["main", "all"]


class TidyRow(NamedTuple):
    """One line; the names are the headers of every file."""

    partnership: str
    partnership_code: str
    round: int
    round_label: str
    closed_on: date
    instrument: str
    version: int
    segment: int
    estimate: str
    construct: str
    construct_name: str
    population: str
    audience: str
    value: float | None
    low: float | None
    high: float | None
    n_band: str
    flag: str
    word: str
    notes: str
    method: str


@dataclass(frozen=True, slots=True)
class Sheaf:
    """The releases of one partnership, oldest first, with the words for each."""

    code: str
    releases: Sequence[Release]
    wordings: Sequence[Wording]
    numbers: frozenset[int] | None = None  # rounds wanted; None: all. The others still count for the segments


def tidy_rows(sheaf: Sheaf, what: What = "all") -> Iterator[TidyRow]:
    """The lines of one partnership, in the order of rounds and as each release is ordered."""
    segments = Segments()
    names: dict[tuple[int, str], str] = {}  # by wording: looking names up costs more than the lines
    for release, wording in zip(sheaf.releases, sheaf.wordings, strict=True):
        segments.enter(release)
        if sheaf.numbers is not None and release.round_number not in sheaf.numbers:
            continue
        for cell in release.cells:
            if what == "all" or is_main(cell):
                key = (id(wording), cell.target)
                if key not in names:
                    names[key] = about(cell.target, wording)
                yield _row(sheaf.code, release, cell, names[key], segments.of(cell.target, wording.instrument))


def _row(code: str, release: Release, cell: Cell, name: str, segment: int) -> TidyRow:
    return TidyRow(
        release.partnership,
        code,
        release.round_number,
        release.round_label,
        release.closed_on,
        release.instrument,
        release.instrument_version,
        segment,
        cell.estimate,
        cell.target,
        name,
        cell.population,
        cell.audience,
        cell.value,
        cell.low,
        cell.high,
        band_of(cell),
        flag_of(cell),
        cell.word or "",
        " ".join(notes_of(cell)),
        cell.method,
    )


def band_of(cell: Cell) -> str:
    """How many people stand behind a number, as a band; a count is never given."""
    if cell.n_band:
        return cell.n_band
    return size_band(cell.n) if cell.n is not None and cell.estimate == "response_people" else ""


def flag_of(cell: Cell) -> str:
    """Whether the number is there, and if not, why: every reason of the disclosure rules reads alike on purpose."""
    if cell.value is not None:
        return "no_interval" if cell.low is None and cell.reason is not None else "shown"
    if cell.low is not None:
        return "range"
    if cell.word:
        return "word"
    return cell.reason if cell.reason in REASONS else "hidden"


def notes_of(cell: Cell) -> tuple[str, ...]:
    """Further marks of a number, as codes."""
    why = (cell.reason,) if cell.reason in REASONS and cell.reason != flag_of(cell) else ()
    return (*(flag for flag in cell.flags if flag != "range"), *why)


class Segments:
    """Counts the stretches within which a series is comparable; a questionnaire breaks what it changed only."""

    def __init__(self) -> None:
        self._all = 1
        self._changed: list[frozenset[str]] = []

    def enter(self, release: Release) -> None:
        """Go on to the next round of the series."""
        breaks = [marker for marker in release.markers if marker.is_break]
        partial = [frozenset(one.note.split()) for one in breaks if one.kind == "instrument_version" and one.note]
        if len(partial) < len(breaks):
            self._all += 1
        else:
            self._changed += partial

    def of(self, target: str, instrument: Instrument) -> int:
        """The number of the stretch this round belongs to, for this target."""
        if not self._changed:
            return self._all
        behind = constructs_behind(target, instrument)
        return self._all + sum(bool(codes & behind) for codes in self._changed)


def constructs_behind(target: str, instrument: Instrument) -> frozenset[str]:
    """The constructs a number rests on; all of them where that is not known."""
    kind, _, code = target.partition(":")
    if kind == "construct" and "~" not in code:
        return frozenset({code})
    if kind == "headline":
        return frozenset(one for h in instrument.headlines if h.code == code for one in h.constructs)
    if kind == "item":
        return frozenset(item.construct_code for item in instrument.items if item.code == code)
    return frozenset(construct.code for construct in instrument.constructs)
