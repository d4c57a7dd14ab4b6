"""Indices side by side: this round and the last, the two sides, importance and performance; each with what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analysis.drawing import NARROW, WIDE, Size
from analysis.profiles import Row, profile
from server.pictures import Picture, point_of
from server.wording import Wording
from surveys.releases import Cell, Release

Column = tuple[str, Release, str, str]  # name, release, estimate, population


def profile_picture(
    release: Release, targets: Sequence[str], wording: Wording, *, before: Release | None = None
) -> Picture:
    """Indices one under the other, beside those of the round before."""
    columns = profile_columns(release, wording, before)
    sentence = _moved(release, targets, wording) if before else _with_intervals(columns, wording)
    return _picture(wording._("Profile of the partnership"), sentence, columns, targets, wording)


def sides_picture(release: Release, targets: Sequence[str], wording: Wording) -> Picture:
    title, sentence = wording._("How the two sides see it"), _apart(release, targets, wording)
    return _picture(title, sentence, sides_columns(release, wording), targets, wording)


def importance_picture(release: Release, targets: Sequence[str], wording: Wording) -> Picture | None:
    """Where importance was asked: how important each construct is to the partners beside how it works."""
    asked = [target for target in targets if release.find("importance", target)]
    if not asked:
        return None
    title, sentence = wording._("Importance beside performance"), _above(release, asked, wording)
    return _picture(title, sentence, importance_columns(release, wording), asked, wording)


def profile_columns(release: Release, wording: Wording, before: Release | None = None) -> list[Column]:
    several = [release] if before is None else [release, before]
    return [(wording.label(one.round_label), one, "level", "all") for one in several]


def sides_columns(release: Release, wording: Wording) -> list[Column]:
    return [(wording.population(side), release, "level", side) for side in ("national", "external")]


def importance_columns(release: Release, wording: Wording) -> list[Column]:
    return [
        (wording._("Performance"), release, "level", "all"),
        (wording._("Importance"), release, "importance", "all"),
    ]


def _picture(title: str, sentence: str, columns: Sequence[Column], targets: Sequence[str], wording: Wording) -> Picture:
    rows, table = [], []
    for target in targets:
        cells = [one.find(estimate, target, population) for _, one, estimate, population in columns]
        points = tuple(point_of(one, cell, wording) for (_, one, _, _), cell in zip(columns, cells, strict=True))
        rows.append(Row(wording.target(target), points))
        table.append((wording.target(target), *(wording.level(cell) for cell in cells)))
    names = [column[0] for column in columns] if len(columns) > 1 else []
    height = 46 * max(1, len(rows)) + 70
    return Picture(
        title=title,
        sentence=sentence,
        header=(wording._("Index"), *(column[0] for column in columns)),
        rows=tuple(table),
        wide=profile(rows, names, size=Size(WIDE.width, height)),
        narrow=profile(rows, names, size=Size(NARROW.width, height, NARROW.text)),
    )


def _with_intervals(columns: Sequence[Column], wording: Wording) -> str:
    names = ", ".join(column[0] for column in columns)
    return wording._("Points from 0 to 100 with their intervals: {names}.").format(names=names)


def _moved(release: Release, targets: Sequence[str], wording: Wording) -> str:
    said = _told(release, "change_last", targets, wording.change, wording)
    nothing = wording._("Since the round before, no change can be told apart from chance.")
    return _sentence(said, len(targets), wording._("Since the round before:"), nothing, wording)


def _apart(release: Release, targets: Sequence[str], wording: Wording) -> str:
    said = _told(release, "gap_sides", targets, wording.gap, wording)
    nothing = wording._("Nowhere can the two sides be told apart.")
    return _sentence(said, len(targets), wording._("The two sides differ:"), nothing, wording)


def _above(release: Release, targets: Sequence[str], wording: Wording) -> str:
    def said(cell: Cell | None) -> str:
        low, high = (round(end) for end in (cell.low, cell.high)) if cell and cell.low is not None else (0, 0)  # type: ignore[arg-type]  # Type ignore: both ends or none
        return wording._("by {low} to {high} points").format(low=low, high=high)

    told = [
        wording.about(wording.target(target), said(cell))
        for target in targets
        if (cell := release.find("gap_importance", target)) and cell.low is not None and cell.low > 0
    ]
    nothing = wording._("Nowhere does importance lie above performance beyond what chance would do.")
    return _sentence(told, len(targets), wording._("Important, but works less well:"), nothing, wording)


def _told(
    release: Release, estimate: str, targets: Sequence[str], say: Callable[[Cell | None], str], wording: Wording
) -> list[str]:
    """What may be stated of these targets: differences whose interval excludes none.

    A construct that alone makes up a headline is the same number; the headline is what claims are made for.
    """
    leading = {
        f"construct:{h.constructs[0]}": f"headline:{h.code}"
        for h in wording.instrument.headlines
        if len(h.constructs) == 1
    }
    found = ((target, release.find(estimate, leading.get(target, target))) for target in targets)
    return [wording.about(wording.target(target), say(cell)) for target, cell in found if cell and excludes_zero(cell)]


def _sentence(said: Sequence[str], of: int, opening: str, nothing: str, wording: Wording) -> str:
    if not said:
        return nothing
    rest = "" if len(said) == of else " " + wording._("The others cannot be told apart.")
    return f"{opening} {'; '.join(said)}.{rest}"


def excludes_zero(cell: Cell) -> bool:
    is_known = cell.low is not None and cell.high is not None and "pattern" not in cell.flags
    return is_known and not cell.low <= 0 <= cell.high  # type: ignore[operator]  # Type ignore: both ends are known here
