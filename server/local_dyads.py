"""Rows of dyads.csv: every partnership and round as an open matrix, then all partnerships pooled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from analysis.estimates import FloatArray
from server.estimation_dyads import dyad_cells
from server.exchange.histories import Histories
from server.exchange.sheet import Progress, silent
from server.local_rows import ALL, Row
from server.measurement import RoundAnswers
from server.pooled_dyads import pooled_cells
from surveys.releases import Cell

OPEN = "C"  # who holds the file sees the matrix anyway


def dyad_rows(given: Histories, progress: Progress = silent) -> Iterator[Row]:
    """Rows in the order of partnerships and rounds; the pooled rows of every round at the end."""
    pooled: dict[int, list[FloatArray]] = {}
    days: dict[int, date] = {}
    for at, name in enumerate(given.partnerships):
        progress(at / len(given.partnerships))
        for round_ in given.rounds(name):
            if round_.dyads is None:
                continue
            pooled.setdefault(round_.number, []).append(round_.dyadic_trust)
            days[round_.number] = max(round_.closed_on, days.get(round_.number, round_.closed_on))
            yield from _rows(name, round_)
    for number, tables in sorted(pooled.items()):
        for cell in pooled_cells(tables):
            yield Row(ALL, number, days[number], cell)


def _rows(name: str, round_: RoundAnswers) -> Iterator[Row]:
    sides_known = len(set(round_.sides.tolist())) > 1
    for cell in dyad_cells(round_, OPEN):
        if sides_known or not cell.target.startswith("side:"):
            yield Row(name, round_.number, round_.closed_on, _within_scale(cell))


def _within_scale(cell: Cell) -> Cell:
    """Means stay within 0 to 100, and so do their intervals."""
    if cell.estimate in ("received", "given", "rating") and cell.low is not None and cell.high is not None:
        return replace(cell, low=max(cell.low, 0.0), high=min(cell.high, 100.0))
    return cell
