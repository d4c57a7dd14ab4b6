"""Two partnerships side by side: their intervals, and whether these overlap. Never which of them is better."""

from __future__ import annotations

from dataclasses import dataclass

from server.dossiers import Dossier
from server.reading import headline_targets
from server.wording import Wording
from surveys.releases import Cell


@dataclass(frozen=True, slots=True)
class Line:
    """One index in both, and what may be said of the two intervals."""

    name: str
    levels: tuple[str, str]
    said: str


def lines(one: Dossier, other: Dossier) -> tuple[Line, ...]:
    """Of the latest rounds; nothing where one has none or they answered different questionnaires."""
    if not are_comparable(one, other):
        return ()
    wording = one.wording
    found = []
    for target in headline_targets(wording):
        cells = (one.series[-1].find("level", target), other.series[-1].find("level", target))
        levels = (wording.full_level(cells[0]), wording.full_level(cells[1]))
        found.append(Line(wording.target(target), levels, _said(cells, wording)))
    return tuple(found)


def are_comparable(one: Dossier, other: Dossier) -> bool:
    """The same words on the same scale, in the latest round of both."""
    if not one.series or not other.series:
        return False
    return one.series[-1].instrument_digest == other.series[-1].instrument_digest


def _said(cells: tuple[Cell | None, Cell | None], wording: Wording) -> str:
    _ = wording._
    ends = [(cell.low, cell.high) for cell in cells if cell and cell.low is not None and cell.high is not None]
    if len(ends) < 2:
        return _("without both intervals nothing can be said")
    (low, high), (other_low, other_high) = ends
    if low <= other_high and other_low <= high:
        return _("the intervals overlap: the two cannot be told apart")
    return _("the intervals do not overlap; partners, people and tasks differ too")
