"""Trend charts of a local analysis: the same drawings as on the pages, marked as not for publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from analysis.charts import Series, trend
from analysis.drawing import to_svg
from server.local_rows import Row
from server.pictures import point_of
from server.reading import headline_targets
from server.wording import Wording
from surveys.instruments import Instrument
from surveys.releases import Release

NOTICE = "Not for publication: local analysis applies the floors, but nobody checked what numbers give away together."
DRAWN = 3  # indices in one chart


def trend_charts(rows: Iterable[Row], instrument: Instrument, slugs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """File name and SVG for each partnership, from the rows of indices.csv, which come partnership by partnership."""
    wording = Wording("en", instrument)
    targets = headline_targets(wording)[:DRAWN]
    for name, group in groupby(rows, key=lambda row: row.partnership):
        series = [
            _light(name, list(of_round), instrument) for _, of_round in groupby(group, key=lambda r: r.round_number)
        ]
        lines = [
            Series(wording.target(target), tuple(point_of(one, one.find("level", target), wording) for one in series))
            for target in targets
        ]
        last = "; ".join(f"{wording.target(t)} {wording.level(series[-1].find('level', t))}" for t in targets)
        sentence = f"{NOTICE} {len(series)} rounds of {name}; the last one: {last}."
        figure = trend(lines)
        yield f"trend-{slugs[name]}.svg", to_svg(figure, title=name, description=sentence, outlined=True)


def _light(name: str, rows: list[Row], instrument: Instrument) -> Release:
    """One round as far as a trend chart needs it."""
    day = rows[0].closed_on
    assert day is not None
    return Release(
        partnership=name,
        round_number=rows[0].round_number,
        round_label=f"Round {rows[0].round_number}",
        closed_on=day,
        instrument=instrument.code,
        instrument_version=instrument.version,
        instrument_digest=instrument.digest,
        dyadic_mode="positions",
        disclosure_level="C",
        partners=(),
        cells=tuple(row.cell for row in rows),
    )
