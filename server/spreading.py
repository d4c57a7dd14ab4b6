"""Work of an analysis spread over processes of this machine, or over the workers of a Dask cluster.

A partnership is never cut: what is computed of one does not know of the others, so the numbers are the same to the last
digit, however many workers there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np

from server.exchange.histories import Histories
from server.local_changes import change_rows
from server.local_rows import Row
from server.local_scores import ScoreTable, score
from surveys.problems import InvalidInput

Task = TypeVar("Task")
Done = TypeVar("Done")
SHARED = ("partnerships", "days", "partners", "slugs", "notes")  # looked up once, for the whole file
PATIENCE = 10  # seconds until a scheduler answers
PARTS = 4  # for each worker: partnerships differ in size


class Spread(Protocol):
    """Who does the work."""

    workers: int

    def map(self, act: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        """Each task's result, in the order of the tasks."""


class Alone:
    """This process."""

    workers = 1

    def map(self, act: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        return map(act, tasks)


class Processes:
    """Processes of this machine."""

    def __init__(self, pool: ProcessPoolExecutor, workers: int) -> None:
        self._pool, self.workers = pool, workers

    def map(self, act: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        return self._pool.map(act, tasks)


class Cluster:
    """The workers of a Dask scheduler; the same version of Rapport is installed on each."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.workers = max(1, len(client.scheduler_info()["workers"]))

    def map(self, act: Callable[[Task], Done], tasks: Sequence[Task]) -> Iterator[Done]:
        futures = self._client.map(act, tasks, pure=False)
        yield from self._client.gather(futures)


@contextmanager
def spread_over(workers: int = 1, scheduler: str = "") -> Iterator[Spread]:
    """Where to work. Raises InvalidInput when the cluster cannot be used."""
    if scheduler:
        with _client(scheduler) as client:
            yield Cluster(client)
    elif workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            yield Processes(pool, workers)
    else:
        yield Alone()


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client
    except ImportError as problem:
        raise InvalidInput("--scheduler needs Dask: pip install 'rapport[cluster]'; nothing was read") from problem
    try:
        return Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as problem:
        raise InvalidInput(f"no Dask scheduler answers at {scheduler}; nothing was read") from problem


def parts_of(given: Histories, spread: Spread) -> list[tuple[Histories, tuple[str, ...]]]:
    """The histories cut between partnerships: each part with the names of its own, and all it takes to read them."""
    names = given.partnerships
    n_parts = min(len(names), 1 if spread.workers == 1 else PARTS * spread.workers)
    edges = np.linspace(0, len(names), n_parts + 1).astype(int)
    return [(_part(given, first, last), names[first:last]) for first, last in pairwise(edges)]


def _part(given: Histories, first: int, last: int) -> Histories:
    """The same names, days and notes; only the rows of these partnerships."""
    if (first, last) == (0, len(given.partnerships)):
        return given
    wanted = given.partnerships[first:last]
    made = Histories(given.instrument, _cut(given.answers, wanted), _cut(given.dyads, wanted), given.calendar)
    made.__dict__.update({name: getattr(given, name) for name in SHARED})
    return made


def _cut(table: Any, names: Sequence[str]) -> Any:
    if table is None:
        return None
    rows = np.isin(table.partnership, [at for at, name in enumerate(table.partnerships) if name in set(names)])
    n = len(table.partnership)
    arrays = {k: v[rows] for k, v in vars(table).items() if isinstance(v, np.ndarray) and v.shape[:1] == (n,)}
    return replace(table, **arrays)


def scores_and_changes(given: Histories, spread: Spread) -> tuple[ScoreTable, list[Row]]:
    """Scores of everybody, and the rows of each partnership in trends.csv."""
    done = list(spread.map(_scored_part, [part for part, _ in parts_of(given, spread)]))
    return joined([scored for scored, _ in done]), [row for _, rows in done for row in rows]


def _scored_part(part: Histories) -> tuple[ScoreTable, list[Row]]:
    assert part.answers is not None
    scored = score(part.answers)
    return scored, list(change_rows(part, scored))


def joined(parts: Sequence[ScoreTable]) -> ScoreTable:
    """Score tables of partnerships in order, as one; a target that a part never asked is unknown there."""
    if len(parts) == 1:
        return parts[0]
    targets = max(parts, key=lambda part: len(part.targets)).targets
    offsets = np.concatenate([[0], np.cumsum([part.n_cells for part in parts])])

    def columns(values: Any, part: ScoreTable, empty: float) -> Any:
        full = np.full((len(values), len(targets)), empty, dtype=values.dtype)
        for at, target in enumerate(part.targets):
            full[:, targets.index(target)] = values[:, at]
        return full

    def stacked(name: str, empty: float) -> Any:
        return np.concatenate([columns(getattr(part, name), part, empty) for part in parts])

    def moved(name: str) -> Any:
        return np.concatenate([getattr(part, name) + offsets[at] for at, part in enumerate(parts)])

    def plain(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return ScoreTable(
        targets=targets,
        scores=stacked("scores", np.nan),
        cell=moved("cell"),
        cell_partnership=plain("cell_partnership"),
        cell_round=plain("cell_round"),
        means=stacked("means", np.nan),
        counts=stacked("counts", 0),
        group_cell=moved("group_cell"),
        group_organization=plain("group_organization"),
    )
