"""Local analysis: CSV in, CSV and pictures out. No server, no database, nothing that is kept."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from server.exchange.calendar import Calendar
from server.exchange.csv_in import read_answers
from server.exchange.dyads_in import is_about_pairs, read_dyads
from server.exchange.histories import Histories
from server.exchange.mapping import read_mapping
from server.local_rows import ALL, Row, written
from surveys.instruments import Instrument, read_instrument, standard_instrument
from surveys.problems import InvalidInput, UnreadableInstrument

if TYPE_CHECKING:
    from server.spreading import Spread

Step = Callable[[float], None]  # told the share of one piece of work that is done
Show = Callable[[str], AbstractContextManager[Step]]  # announces a piece of work


def quiet(_title: str) -> AbstractContextManager[Step]:
    """No progress shown."""
    return nullcontext(lambda _share: None)


@dataclass(frozen=True)
class Wanted:
    """What to read, and what to write beside the tables."""

    answers: Path | None
    dyads: Path | None = None
    instrument: str = "pti-1"
    mapping: Path | None = None
    calendar: Calendar = field(default_factory=Calendar)
    charts: bool = False
    briefs: bool = False
    robustness: bool = False
    known: frozenset[str] | None = None  # partnerships the files may speak of; None: any
    seed: int = 1
    workers: int = 1
    scheduler: str = ""


def instrument_named(name: str) -> Instrument:
    """A questionnaire that ships with Rapport, or a file. A path always names a file."""
    path = Path(name)
    if path.suffix.lower() == ".xlsx" and path.exists():
        return _instrument_in_a_form(path)
    if path.suffix == ".toml" or path.exists():
        return read_instrument(path)
    try:
        return standard_instrument(name)
    except UnreadableInstrument as problem:
        raise UnreadableInstrument(
            f"{problem.message}, and no file of that name; give pti-1 or the path of a TOML file"
        ) from problem


def _instrument_in_a_form(path: Path) -> Instrument:
    """The questionnaire of an XLSForm; its faults are those of the file."""
    from server.exchange.xlsform_in import read_xlsform

    found = read_xlsform(path.read_bytes(), str)
    if found.instrument is None:
        said = [f"{one.where}: {one.sentence}" if one.where else one.sentence for one in found.faults]
        raise UnreadableInstrument(f"{path.name} cannot be read as a questionnaire:\n  " + "\n  ".join(said[:20]))
    return found.instrument


def read(wanted: Wanted, *, outcome: str = "nothing was read", show: Show = quiet) -> Histories:
    """Read the files. Raises InvalidInput or UnreadableInstrument, with one clear sentence per fault."""
    if wanted.answers is None and wanted.dyads is None:
        raise InvalidInput(f"give a file of answers, a file of ratings (--dyads), or both; {outcome}")
    try:
        instrument = instrument_named(wanted.instrument)
    except UnreadableInstrument as problem:
        raise UnreadableInstrument(f"{problem.message}; {outcome}") from problem
    mapping = read_mapping(wanted.mapping, outcome=outcome)
    if wanted.dyads is None and wanted.answers is not None and is_about_pairs(wanted.answers, mapping):
        wanted = replace(wanted, answers=None, dyads=wanted.answers)
    with _without_collection():
        return _read(wanted, instrument, mapping, outcome, show)


def _read(wanted: Wanted, instrument: Instrument, mapping: dict[str, str], outcome: str, show: Show) -> Histories:
    answers = dyads = None
    if wanted.answers is not None:
        with show(f"Reading {wanted.answers.name}") as step:
            answers = read_answers(
                wanted.answers, instrument, mapping, partnerships=wanted.known, outcome=outcome, progress=step
            )
    if wanted.dyads is not None:
        known = answers.partnerships if answers else wanted.known
        with show(f"Reading {wanted.dyads.name}") as step:
            dyads = read_dyads(wanted.dyads, instrument, mapping, partnerships=known, outcome=outcome, progress=step)
    found = Histories(instrument, answers, dyads, wanted.calendar)
    _ = found.days  # contradictory days are found before anything is written
    return found


@contextmanager
def _without_collection() -> Iterator[None]:
    """Reading makes millions of short texts and no cycles: looking for cycles costs a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def analyse(wanted: Wanted, out: Path, *, show: Show = quiet) -> tuple[Histories, list[Path]]:
    """Write indices.csv, trends.csv and dyads.csv, and what else is wanted; returns what was read and written."""
    from server.spreading import spread_over

    with spread_over(wanted.workers, wanted.scheduler) as spread:
        return _analyse(wanted, out, show, spread)


def _analyse(wanted: Wanted, out: Path, show: Show, spread: Spread) -> tuple[Histories, list[Path]]:
    given = read(wanted, show=show)
    out.mkdir(parents=True, exist_ok=True)
    indices: list[Row] = []
    trends: list[Row] = []
    dyads: list[Row] = []
    if given.answers is not None:
        indices, trends = _scored(given, show, spread)
    if given.dyads is not None:
        from server.local_dyads import dyad_rows

        with show("Dyads") as step:
            dyads = list(dyad_rows(given, step))
    files = {"indices.csv": indices, "trends.csv": trends, "dyads.csv": dyads}
    paths = [_write(out / name, written(rows, given.instrument)) for name, rows in files.items()]
    paths += _more(wanted, given, indices, out, show, spread)
    return given, paths


def _scored(given: Histories, show: Show, spread: Spread) -> tuple[list[Row], list[Row]]:
    from server.local_indices import index_rows
    from server.local_people import people_rows
    from server.spreading import scores_and_changes

    with show("Indices, changes and trends") as step:
        scored, trends = scores_and_changes(given, spread)
        step(0.5)
        indices = list(index_rows(given, scored))
        step(0.8)
        trends += people_rows(given, scored)
    return indices, trends


def _more(
    wanted: Wanted, given: Histories, indices: Sequence[Row], out: Path, show: Show, spread: Spread
) -> list[Path]:
    paths: list[Path] = []
    slugs = dict(zip(given.partnerships, given.slugs, strict=True)) | {ALL: "all"}
    if wanted.charts and indices:
        from server.local_pictures import trend_charts

        with show("Charts") as step:
            for at, (name, svg) in enumerate(trend_charts(indices, given.instrument, slugs), start=1):
                paths.append(_write(out / name, svg.encode()))
                step(at / len(slugs))
    if wanted.briefs or wanted.robustness:
        from server.local_releases import ReleaseTask, files_and_rows
        from server.spreading import parts_of

        rows: list[Row] = []
        tasks = [ReleaseTask(*part, wanted.seed, wanted.robustness, wanted.briefs) for part in parts_of(given, spread)]
        with show("Releases of every round") as step:
            for at, (files, found) in enumerate(spread.map(files_and_rows, tasks), start=1):
                rows += found
                paths += [_write(out / file, content) for file, content in files]
                step(at / len(tasks))
        if wanted.robustness:
            paths.append(_write(out / "robustness.csv", written(rows, given.instrument)))
    return paths


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
