"""Trend charts of a local analysis: the same drawings as on the pages, marked as not for publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from analysis.charts import Series, trend
from analysis.drawing import WIDE, to_svg
from server.local_rows import Row
from server.pictures import point_of
from server.reading import headline_targets
from server.wording import Wording
from surveys.instruments import Instrument
from surveys.releases import Release

NOTICE = "Not for publication: local analysis applies the floors, but nobody checked what numbers give away together."
HEADING = 80  # characters that fit above a chart


def trend_charts(rows: Iterable[Row], instrument: Instrument, slugs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """File name and SVG for each partnership, from the rows of indices.csv, which come partnership by partnership."""
    wording = Wording("en", instrument)
    targets = headline_targets(wording)
    for name, group in groupby(rows, key=lambda row: row.partnership):
        rounds = groupby(group, key=lambda row: row.round_number)
        series = [_light(name, list(cells), instrument) for _, cells in rounds]
        yield f"trend-{slugs[name]}.svg", _stacked([_chart(name, target, series, wording) for target in targets], name)


def _chart(name: str, target: str, series: list[Release], wording: Wording) -> str:
    """One index over all rounds, under its name."""
    points = tuple(point_of(one, one.find("level", target), wording) for one in series)
    title = f"{name}: {wording.target(target)}"
    figure = trend([Series("", points)], size=WIDE)
    figure.text(8 / WIDE.width, 1 - 13 / WIDE.height, f"{title} (not for publication)", fontsize=11)
    last = wording.level(series[-1].find("level", target))
    return to_svg(
        figure, title=title, description=f"{NOTICE} {len(series)} rounds; the last one: {last}.", outlined=True
    )


def _stacked(charts: list[str], name: str) -> str:
    """Several drawings as one file, each below the other; a drawing inside another keeps its own name."""
    width, height = WIDE.width, WIDE.height
    inner = [
        chart.replace("<svg ", f'<svg y="{at * height:g}" width="{width:g}" height="{height:g}" ', 1)
        for at, chart in enumerate(charts)
    ]
    box = f"0 0 {width:g} {height * len(charts):g}"
    title = f"<title>{escape(name)}</title><desc>{escape(NOTICE)}</desc>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{title}{"".join(inner)}</svg>'


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
