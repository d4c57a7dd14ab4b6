"""Rows of the files that local analysis writes: a cell, where it stands, and the same in units of its scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from server.csv_files import Value, to_csv
from server.exchange.headers import ALL
from surveys.instruments import DyadItem, Instrument, Item, Scale, text_in
from surveys.releases import Cell

__all__ = ["ALL", "Row", "hidden", "on_scale", "written"]
HEADER = (
    *("partnership", "round", "closed_on", "estimate", "target", "title", "population", "value", "low", "high", "n"),
    *("p", "word", "reason", "method", "scale_value", "scale_low", "scale_high"),
)
DIFFERENCES = ("change_last", "change_first", "gap_sides", "slope_year", "trend", "asymmetry", "meta_gap", "srm_rate")
SQUARES = ("srm_variance",)
NO_POINTS = ("srm_reliability", "srm_reciprocity", "srm_meta", "srm_share", "reciprocity", "density")
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Row:
    partnership: str
    round_number: int
    closed_on: date | None
    cell: Cell


def hidden(cell: Cell, reason: str) -> Cell:
    """The cell without anything an answer stands behind."""
    return replace(cell, value=None, low=None, high=None, p=None, n=None, n_band=None, word=None, reason=reason)


def written(rows: Iterable[Row], instrument: Instrument) -> bytes:
    """Rows as CSV, in the order given."""
    titles, scales = _titles(instrument), _scales(instrument)
    return to_csv(HEADER, (_values(row, titles, scales) for row in rows))


def _values(row: Row, titles: dict[str, str], scales: dict[str, Scale | None]) -> list[Value]:
    cell = row.cell
    scale = scales.get("dyads" if _is_dyadic(cell) else cell.target)
    ends = (cell.value, cell.low, cell.high)
    return [
        *(row.partnership, row.round_number, None if row.closed_on is None else row.closed_on.isoformat()),
        *(cell.estimate, cell.target, titles.get(cell.target), cell.population),
        *(_short(cell.value), _short(cell.low), _short(cell.high), cell.n, _short(cell.p)),
        *(cell.word, cell.reason, cell.method),
        *(None if scale is None else _short(on_scale(cell.estimate, value, scale)) for value in ends),
    ]


def _is_dyadic(cell: Cell) -> bool:
    return cell.target.split(":")[0] in ("partner", "pair", "side", "component", "partnership")


def on_scale(estimate: str, value: float | None, scale: Scale) -> float | None:
    """Points of 100 in units of the scale: levels from its low end, differences as steps, variances as squares."""
    step = (scale.high - scale.low) / 100.0
    if value is None or estimate.startswith(NO_POINTS):
        return None
    if estimate.startswith(SQUARES):
        return value * step * step
    return value * step if estimate.startswith(DIFFERENCES) else scale.low + value * step


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _titles(instrument: Instrument) -> dict[str, str]:
    found = {f"headline:{one.code}": text_in(one.titles, "en") for one in instrument.headlines}
    return found | {f"construct:{one.code}": text_in(one.titles, "en") for one in instrument.constructs}


def _scales(instrument: Instrument) -> dict[str, Scale | None]:
    """Target -> the scale that all its items share, or None."""
    found: dict[str, Scale | None] = {}
    behind = {one.code: list(instrument.items_of(one.code)) for one in instrument.constructs}
    for code, items in behind.items():
        found[f"construct:{code}"] = _shared(instrument, items)
    for headline in instrument.headlines:
        items = [item for code in headline.constructs for item in behind[code]]
        found[f"headline:{headline.code}"] = _shared(instrument, items)
    found["composite"] = _shared(instrument, [item for code in instrument.composite for item in behind[code]])
    part = instrument.dyadic
    trusted = [item for item in part.items if item.in_trust] if part else []
    return found | {"dyads": _shared(instrument, trusted)}


def _shared(instrument: Instrument, items: Iterable[Item | DyadItem]) -> Scale | None:
    scales = {(scale.low, scale.high): scale for scale in map(instrument.scale_of, items)}
    return next(iter(scales.values())) if len(scales) == 1 else None
