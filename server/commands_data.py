"""The commands that read files: `rapport analyse` and `rapport import`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from server.exchange.calendar import FIRST, RHYTHM, Calendar
from surveys.problems import SurveyProblem

BAD_INPUT = 2


class Level(StrEnum):
    A = "A"
    B = "B"
    C = "C"


Answers = Annotated[
    Path | None,
    typer.Argument(help="Wide CSV: partnership, organization, round, respondent, then one column per item."),
]
Instrument = Annotated[str, typer.Option(help="pti-1, or the path of an instrument file (TOML).")]
Dyads = Annotated[
    Path | None,
    typer.Option(help="Long CSV: partnership, round, rater, rated, then one column per item about partners."),
]
Mapping = Annotated[
    Path | None, typer.Option(help='Renames columns: TOML lines such as liking = "D7", or CSV lines such as liking,D7.')
]
Rhythm = Annotated[int, typer.Option(min=1, max=120, help="Months between rounds without a column closed_on.")]
First = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the first round closed, where no column says it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="analyse")(analyse_command)
    app.command(name="import")(import_command)
    app.command(name="partnership")(partnership_command)


def analyse_command(
    answers: Answers = None,
    instrument: Instrument = "pti-1",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results"),
    dyads: Dyads = None,
    mapping: Mapping = None,
    rhythm: Rhythm = RHYTHM,
    first_closed: First = None,
    charts: Annotated[bool, typer.Option("--charts", help="Also trend-<partnership>.svg.")] = False,
    briefs: Annotated[bool, typer.Option("--briefs", help="Also brief-<partnership>.html and .pdf.")] = False,
    robustness: Annotated[bool, typer.Option("--robustness", help="Also robustness.csv, by simulation.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 1,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes of this machine to work with.")] = 1,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler instead; needs rapport[cluster].")] = "",
) -> None:
    """Analyse a file of answers on this machine: no server, no database, nothing leaves.

    Writes indices.csv, trends.csv and dyads.csv. Groups below the floors are hidden; the row (all) stands for all
    partnerships together. Not for publication: only the service protects what is published.

    Cells may be empty (not answered), cannot_judge (or cj, na) and prefer_not (or pn).

    Example: rapport analyse answers.csv --instrument pti-1 --out results --charts
    """
    from server.local import Wanted, analyse

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a missing bold face is no news to anybody
    calendar = Calendar(rhythm, first_closed.date() if first_closed else FIRST)
    wanted = Wanted(answers, dyads, instrument, mapping, calendar, charts, briefs, robustness)
    wanted = replace(wanted, seed=seed, workers=workers, scheduler=scheduler)
    with _bad_input():
        given, paths = analyse(wanted, out, show=shown)
    typer.echo("Not for publication: only the floors were applied; combinations of numbers were not checked.")
    for note in given.notes:
        typer.echo(f"Note: {note}")
    n_rounds = sum(len(days) for days in given.days.values())
    typer.echo(f"Partnerships: {len(given.partnerships)}, rounds: {n_rounds}, files in {out}: {len(paths)}")
    for path in paths[:6]:
        typer.echo(f"  {path.name}")
    if len(paths) > 6:
        typer.echo(f"  and {len(paths) - 6} more")


def import_command(
    answers: Answers = None,
    instrument: Instrument = "pti-1",
    dyads: Dyads = None,
    mapping: Mapping = None,
    partnership_prefix: Annotated[str, typer.Option(help="Beginning of the codes of the new partnerships.")] = "",
    level: Annotated[
        Level, typer.Option(help="Disclosure level of what organizations say of each other: A, B or C.")
    ] = Level.B,
    facilitator: Annotated[str | None, typer.Option(help="E-mail of the account that may read them.")] = None,
    existing: Annotated[
        bool, typer.Option("--existing", help="Add later rounds to partnerships that were imported before.")
    ] = False,
    rhythm: Rhythm = RHYTHM,
    first_closed: First = None,
) -> None:
    """Import history into the service: partnerships that can be read and compared, but never opened again.

    Each partnership of the file becomes one in the phase “imported”, each round a release, protected like any other.
    Rows of respondents are never stored. Everything is imported, or nothing; the same file is imported once.

    Example: rapport import answers.csv --instrument units.toml --partnership-prefix army-
    """
    from server.importing import Placing, import_history
    from server.local import Wanted
    from server.settings import Settings
    from surveys.database import make_engine, upgrade

    calendar = Calendar(rhythm, first_closed.date() if first_closed else FIRST)
    wanted = Wanted(answers, dyads, instrument, mapping, calendar)
    with _bad_input():
        settings = Settings()
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)
        engine = make_engine(settings.database_url)
        placing = Placing(partnership_prefix, level.value, facilitator, existing)
        try:
            made = import_history(engine, wanted, placing, actor="command line", now=datetime.now(UTC), show=shown)
        finally:
            engine.dispose()
    for note in made.notes:
        typer.echo(f"Note: {note}")
    typer.echo(f"{made.partnerships} partnerships imported, {made.rounds} rounds, each with its release.")
    if made.without_scores:
        typer.echo(f"{made.without_scores} rounds have too few answers to show: their scores are hidden.")


def partnership_command(
    path: Annotated[Path, typer.Argument(help="TOML file such as docs/examples/health.toml.")],
) -> None:
    """Create a partnership and its members from a file. Everything is created, or nothing.

    Example: rapport partnership health.toml
    """
    from server.founding import found, read_founding
    from server.settings import Settings
    from surveys.database import make_engine, transaction, upgrade

    with _bad_input():
        given = read_founding(path)
        settings = Settings()
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)
        with transaction(make_engine(settings.database_url)) as session:
            found(session, given, today=datetime.now(UTC).date())
    typer.echo(f"{given['title']}: created with {len(given['members'])} members, under the code {given['code']}.")


@contextmanager
def shown(title: str) -> Iterator[Callable[[float], None]]:
    """A bar for one piece of work, on the terminal only."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)


@contextmanager
def _bad_input() -> Iterator[None]:
    """Sentences on stderr and exit code 2, never a traceback."""
    try:
        yield
    except SurveyProblem as problem:
        typer.echo(problem.message, err=True)
        raise typer.Exit(BAD_INPUT) from problem
    except OSError as problem:
        typer.echo(f"{problem.filename}: {problem.strerror}", err=True)
        raise typer.Exit(BAD_INPUT) from problem
