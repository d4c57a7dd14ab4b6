"""Whole releases of a file, for briefs and for what only the full estimation of a round gives. Floors only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from server.brief_pdf import to_pdf
from server.briefing import assemble
from server.estimation import estimate
from server.exchange.histories import Histories
from server.local_pictures import NOTICE
from server.local_rows import Row
from server.measurement import EarlierRound, remembered
from server.pages import environment
from server.releasing import Heading, release_of
from surveys.releases import Release

OPEN = "C"
ROBUSTNESS = ("composite_monte_carlo", "composite_change", "sensitivity_first", "sensitivity_total")


def releases_of(given: Histories, name: str, *, seed: int, robust: bool) -> list[Release]:
    """The releases of one partnership, oldest first, protected by the floors alone."""
    earlier: list[EarlierRound] = []
    found: list[Release] = []
    for round_ in given.rounds(name):
        rng = np.random.default_rng([seed, round_.number])
        estimated = estimate(round_, earlier, rng=rng, level=OPEN, robust=robust)
        heading = Heading(name, f"Round {round_.number}", "positions", OPEN)
        made = release_of(heading, round_, estimated, earlier, found, floors_only=True)
        earlier.append(remembered(round_, None))
        found.append(made.release)
    return found


def robustness_rows(name: str, series: list[Release]) -> Iterator[Row]:
    """How much the composite owes to the way it is computed."""
    for release in series:
        for cell in release.cells:
            if cell.estimate in ROBUSTNESS:
                yield Row(name, release.round_number, release.closed_on, cell)


def brief_files(series: list[Release], given: Histories, slug: str) -> Iterator[tuple[str, bytes]]:
    """File name and content of the brief of the last round."""
    brief = assemble(series, given.instrument, language="en", notices=[NOTICE, *given.notes])
    yield f"brief-{slug}.html", environment("en").get_template("brief/file.html").render(brief=brief).encode()
    yield f"brief-{slug}.pdf", to_pdf(brief)


@dataclass(frozen=True)
class ReleaseTask:
    """Some partnerships of a file, and what is wanted of them."""

    given: Histories
    names: tuple[str, ...]
    seed: int
    robust: bool
    briefs: bool


def files_and_rows(task: ReleaseTask) -> tuple[list[tuple[str, bytes]], list[Row]]:
    """Briefs, and rows of robustness.csv, of these partnerships in order."""
    files: list[tuple[str, bytes]] = []
    rows: list[Row] = []
    slugs = dict(zip(task.given.partnerships, task.given.slugs, strict=True))
    for name in task.names:
        series = releases_of(task.given, name, seed=task.seed, robust=task.robust)
        rows += robustness_rows(name, series)
        if task.briefs:
            files += brief_files(series, task.given, slugs[name])
    return files, rows
