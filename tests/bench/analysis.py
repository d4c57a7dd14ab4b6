"""`python3 run.py bench analysis`: the batch kernels beside the usual tools, in the same run, as ratios.

Seconds are CPU seconds of one thread, so that other work on the machine does not decide.

--rows 100000 1000000    sizes to run    --whole    the pingouin loop over all 14,400 cells instead of a twentieth
--json FILE    the figures for another program
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.cell_sums import Cells, Items
from analysis.cells import CellScores, cell_alphas, cell_bootstrap, cell_scores
from analysis.mann_kendall import mann_kendall
from analysis.srm import round_robin, round_robins
from analysis.theil_sen import theil_sen
from tests.bench import _loops as loops
from tests.bench._data import CELLS, CONSTRUCT, CONSTRUCTS, PARTNERSHIPS, ROUNDS, Survey, survey
from tests.bench._figures import Figures, print_machine

PART = 20


def seconds(work: Callable[[], Any], times: int = 5) -> float:
    """Least CPU time of several runs. A loop that is run once must have been called before: libraries import late."""
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return float(best)


FOUND = Figures()


def line(work: str, ours: float, theirs: float, tool: str, goal: float | None = None) -> None:
    ratio = theirs / ours
    reached = None if goal is None else ratio >= goal
    verdict = "" if goal is None else f"goal {goal:g}x {'reached' if reached else 'NOT reached'}"
    FOUND.lines.append(
        {
            "name": work,
            "value": ours,
            "unit": "s of CPU",
            "beside": tool,
            "ratio": ratio,
            "goal": goal,
            "reached": reached,
        }
    )
    print(f"{work:<52} {ours:8.3f} s   {tool:<29} {theirs:8.3f} s   {ratio:7.1f}x  {verdict}", flush=True)


def items_of(data: Survey) -> Items:
    return Items(data.answers, CONSTRUCT, 1, 5, missing=0)


def scored(data: Survey) -> tuple[Cells, CellScores]:
    cells = Cells.of(data.cell, data.organization, CELLS)
    return cells, cell_scores(cells, items_of(data))


def bench_cells(n: int, *, whole: bool) -> None:
    data = survey(n)
    print(f"\n{n:,} respondents")
    table = loops.frame(data)
    cells, found = scored(data)
    floats = Items(data.as_floats, CONSTRUCT, 1, 5)

    chosen = sorted(set(data.cell.tolist()))[:: 1 if whole else PART]
    loops.pingouin_alphas(table, chosen[:1])
    loop = seconds(lambda: loops.pingouin_alphas(table, chosen), 1) * (1 if whole else PART)
    tool = "pingouin loop" if whole else f"pingouin loop, 1/{PART} scaled"
    ours = seconds(lambda: cell_alphas(Cells.of(data.cell, data.organization, CELLS), items_of(data)))
    line("alpha of 14,400 cells, with interval", ours, loop, tool, 300 if n <= 100_000 else 30)

    loop = seconds(lambda: loops.pandas_index(table), 3)
    line("six scores and index of all cells, interval, int8", seconds(lambda: scored(data)), loop, "pandas group-by", 1)
    ours = seconds(lambda: cell_scores(Cells.of(data.cell, data.organization, CELLS), floats))
    line("the same from floats with NaN, as pandas has them", ours, loop, "pandas group-by", 1)

    rng = np.random.default_rng(1)
    ours = seconds(lambda: cell_bootstrap(found.index_by_organization, cells.place_cell, CELLS, rng=rng))
    person = np.nanmean(items_of(data).person_scores(slice(None)), axis=0)
    loops.scipy_bootstraps([person[:9]])
    loop = seconds(lambda: loops.scipy_bootstraps(loops.people_by_cell(person, data.cell)), 1)
    line("cluster bootstrap of 2,400 indices", ours, loop, "scipy loop over people", 25 if n <= 100_000 else 100)
    places = loops.people_by_cell(found.index_by_organization, cells.place_cell)
    loop = seconds(lambda: loops.scipy_bootstraps(places), 1)
    line("cluster bootstrap of 2,400 indices", ours, loop, "scipy loop over organizations")
    if n >= 1_000_000:
        bench_series(found)


def bench_series(found: CellScores) -> None:
    series = found.scores[:, :CONSTRUCTS].reshape(PARTNERSHIPS, ROUNDS, CONSTRUCTS).transpose(0, 2, 1)
    series = np.ascontiguousarray(series.reshape(-1, ROUNDS))
    years = np.arange(ROUNDS, dtype=float)
    ours = seconds(lambda: (mann_kendall(series), theil_sen(years, series)))
    loops.mann_kendall_and_slopes(series[:1])
    loop = seconds(lambda: loops.mann_kendall_and_slopes(series), 1)
    line(f"Mann-Kendall and Theil-Sen, {len(series):,} series of 12", ours, loop, "pymannkendall and scipy", 20)


def bench_round_robins() -> None:
    rng = np.random.default_rng(1)
    n = 12
    tables = 6 + rng.normal(0, 1.5, (1000, n, 1)) + rng.normal(0, 1, (1000, 1, n)) + rng.normal(0, 2, (1000, n, n))
    tables[rng.random(tables.shape) < 0.08] = np.nan
    tables[:, np.arange(n), np.arange(n)] = np.nan
    loop = seconds(lambda: loops.round_robin_loop(tables), 3)
    single = seconds(lambda: [round_robin(table) for table in tables], 1)
    ours = seconds(lambda: round_robins(tables), 20)
    print("\nSocial Relations Model")
    line("1,000 round robins of 12, gaps, errors", ours, loop, "plain loop over groups", 20)
    line("1,000 round robins of 12, gaps, errors", ours, single, "our own, one group at a time")


def bench_resources(sizes: Sequence[int]) -> None:
    source = np.ones(30_000_000)
    target = np.empty_like(source)
    copied = 2 * source.nbytes / seconds(lambda: np.copyto(target, source)) / 1e9
    read = source.nbytes / seconds(source.sum) / 1e9
    print(f"\nMemory: copies {copied:.1f} GB/s (read and written), sums {read:.1f} GB/s")
    for n in sizes:
        data = survey(n)
        took = seconds(lambda data=data: scored(data))
        floats = Items(data.as_floats, CONSTRUCT, 1, 5)
        cells = Cells.of(data.cell, data.organization, CELLS)
        from_floats = floats.answers.nbytes / seconds(lambda f=floats, c=cells: cell_scores(c, f)) / 1e9
        share = data.answers.nbytes / took / 1e9
        print(
            f"{n:>9,} rows: scoring {took:.4f} s, {took / n * 1e9:.0f} ns a row; answers read at {share:.2f} GB/s "
            f"({share / read:.0%}) as bytes, {from_floats:.2f} GB/s ({from_floats / read:.0%}) as floats; "
            f"peak memory {peak(data) / data.answers.nbytes:.2f}x the bytes"
        )


def peak(data: Survey) -> int:
    """Bytes allocated at once by scores, alphas and bootstrap together, the answers themselves not counted."""
    tracemalloc.start()
    cells, found = scored(data)
    cell_alphas(cells, items_of(data))
    cell_bootstrap(found.index_by_organization, cells.place_cell, CELLS, rng=np.random.default_rng(1))
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args(arguments)
    from threadpoolctl import threadpool_limits

    print_machine()
    with threadpool_limits(1):
        for n in chosen.rows:
            bench_cells(n, whole=chosen.whole)
        bench_round_robins()
        bench_resources([10_000, *chosen.rows])
    FOUND.save(chosen.json)


if __name__ == "__main__":
    main()
