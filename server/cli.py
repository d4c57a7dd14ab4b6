"""The command line: `rapport serve, demo, tick, analyse, import, brief, verify, backup, restore, ...`."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from sqlmodel import Session

from server import commands_accounts, commands_data, commands_machine
from server.languages import LANGUAGES
from server.logs import write_lines
from server.settings import Settings
from surveys.problems import SurveyProblem

app = typer.Typer(
    help="Surveys and trust measurement for development partnerships.\n\n"
    "Exit codes: 0 done, 1 something to look at, 2 wrong use, input or settings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
Port = Annotated[int | None, typer.Option(help="Port to listen on; by default RAPPORT_PORT, else 8000.")]


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 something to look at, 2 wrong use or input."""
    try:
        app(prog_name="rapport")
    except SurveyProblem as problem:
        errors.print(problem.message)
        raise SystemExit(2) from problem
    except (OperationalError, ProgrammingError) as problem:
        fault = str(problem.orig).partition("\n")[0]
        errors.print(f"The database cannot be used: {fault}. Nothing was changed.", soft_wrap=True)
        errors.print("Check RAPPORT_DATABASE_URL, that the database runs, and run `rapport upgrade`.", soft_wrap=True)
        raise SystemExit(2) from problem
    except (ArgumentError, ValidationError) as problem:
        errors.print(f"The settings cannot be used: {_fault_of(problem)}. Nothing was changed.", soft_wrap=True)
        raise SystemExit(2) from problem


def _fault_of(problem: ArgumentError | ValidationError) -> str:
    """Which variable is wrong and how, without its value: it may hold a password."""
    if isinstance(problem, ArgumentError):
        return "RAPPORT_DATABASE_URL is not the address of a database"
    return "; ".join(
        f"RAPPORT_{'_'.join(str(part) for part in e['loc']).upper()}: {e['msg']}" for e in problem.errors()
    )


def _settings(**given: Any) -> Settings:
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _progress(title: str) -> tuple[Progress, Callable[[int, int], None]]:
    bar = Progress(console=errors, transient=True)
    task = bar.add_task(title, total=None)
    return bar, lambda done, total: bar.update(task, completed=done, total=total)


@app.command()
def serve(port: Port = None) -> None:
    """Serve Rapport for the settings in RAPPORT_... variables, and do the clock's work."""
    settings = _settings(port=port)
    _upgrade(settings)
    _require_port(settings)
    _print_setup_link(settings)
    _serve(settings)


def _print_setup_link(settings: Settings) -> None:
    """An installation without any account is set up by whoever can read this terminal, and by nobody else."""
    from surveys import account_links
    from surveys.database import make_engine, transaction

    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        secret = account_links.make_setup(session, datetime.now(UTC))
    engine.dispose()
    if secret is None:
        console.print(f"Rapport: {settings.base_url}")
        return
    console.print("\nNobody has an account yet. Open this link to set up the installation; it works once, for a day.\n")
    console.print(f"    {settings.base_url.rstrip('/')}/join#{secret}\n", soft_wrap=True)
    console.print("A new start prints a new link, and this one stops working.\n")


@app.command()
def demo(
    port: Port = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the demonstration and start over.")] = False,
) -> None:
    """Load the demonstration programme, serve it on this machine and say what to open."""
    settings = _demonstration(port)
    _require_port(settings)
    folder = settings.var_dir
    from server.demonstration.alone import claim, share
    from server.demonstration.door import read_door

    door = None if fresh else read_door(folder)
    held = claim(folder, alone=door is None)
    if door is None:
        from server.demonstration.load import load  # costs a second that a second start does not need
        from surveys.database import make_engine
        from surveys.keystore import Keystore

        _forget_demonstration(folder)  # also what an interrupted first start left
        _upgrade(settings)
        bar, progress = _progress("Loading eight partnerships, six rounds each")
        with bar:
            engine = make_engine(settings.database_url)
            door = load(engine, Keystore(settings.keystore), folder, now=datetime.now(UTC), progress=progress)
            engine.dispose()
    else:
        _upgrade(settings)
    share(held)
    console.print(f"\n[bold]Rapport, demonstration[/bold]: {settings.base_url}\n")
    console.print("Persons and answers are invented. Nothing here leaves this machine.\n")
    console.print(f"The facilitator's pages   {settings.base_url}/login")
    console.print(f"    e-mail {door.email}    password {door.password}\n")
    console.print("Personal links of three people who have not answered yet")
    for organization, language, secret in door.links:
        console.print(f"    {settings.base_url}/i#{secret}    {organization} ({language})", soft_wrap=True)
    console.print("\nCtrl-C stops the service and keeps the data; --fresh starts over.\n")
    _serve(settings)


def _demonstration(port: int | None) -> Settings:
    folder = Path("var") / "demo"
    number = port or Settings().port
    return Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder}/rapport.db",
        keystore=(folder / "keys-a", folder / "keys-b"),
        secret_key_file=folder / "secret-key",
        port=number,
        base_url=f"http://127.0.0.1:{number}",
        demonstration=True,
    )


def _forget_demonstration(folder: Path) -> None:
    import shutil

    for name in ("keys-a", "keys-b", "backups"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (*folder.glob("rapport.db*"), folder / "demonstration.json", folder / "secret-key"):
        path.unlink(missing_ok=True)


def _require_port(settings: Settings) -> None:
    """Say that a port is taken before anything is loaded."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            errors.print(
                f"Port {settings.port} on {settings.host} is taken by another program. "
                f"Stop that one, or choose another port: --port {settings.port + 1}"
            )
            raise typer.Exit(2) from None


def _upgrade(settings: Settings) -> None:
    from server.upgrading import upgrade_safely

    made = upgrade_safely(settings)
    if made is not None:
        errors.print(f"Before the upgrade the database was backed up and the backup verified: {made}", soft_wrap=True)


def _serve(settings: Settings) -> None:
    import uvicorn

    from server.app import create_app
    from server.metrics import registry_of, serve_metrics
    from server.ticker import Ticker

    _require_port(settings)
    write_lines()
    service = create_app(settings)
    ticker = Ticker(service.state.engine, service.state.keystore, settings.var_dir / "backups", settings)
    ticker.start()
    gc.freeze()  # what is there now stays: looking through it again and again costs a tenth of the time
    if settings.metrics_port:
        serve_metrics(
            registry_of(service.state.engine, service.state.keystore, service.state.tally), settings.metrics_port
        )
    try:
        uvicorn.run(
            service,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,  # addresses and times of respondents are never written
            server_header=False,
            proxy_headers=False,  # nothing here asks where somebody comes from
            timeout_graceful_shutdown=5,
        )
    except KeyboardInterrupt:
        pass
    finally:
        ticker.stop()
        console.print("Stopped.")


@app.command()
def tick(
    at: Annotated[datetime | None, typer.Option(help="The time to act for (UTC), for drills; by default now.")] = None,
) -> None:
    """Do the clock's work once: start, close and open what is due, destroy keys after a verified backup, send mail."""
    from server.ticker import tick as do
    from surveys.database import make_engine
    from surveys.keystore import Keystore

    settings = _settings()
    _upgrade(settings)
    now = datetime.now(UTC) if at is None else at.replace(tzinfo=UTC)
    if now > datetime.now(UTC):
        errors.print("The clock is never put forward: --at must lie in the past.")
        raise typer.Exit(2)
    engine = make_engine(settings.database_url)
    report = do(engine, Keystore(settings.keystore), settings.var_dir / "backups", now=now, settings=settings)
    console.print(
        f"started {report.started}, closed {report.closed}, extended {report.extended}, opened {report.opened}, "
        f"too few answers {report.not_opened}, keys destroyed {report.shredded}, mails sent {report.mails}"
    )
    for problem in report.problems:
        errors.print(problem)
    raise typer.Exit(1 if report.problems else 0)


@app.command()
def brief(
    partnership: Annotated[str, typer.Argument(help="Code of the partnership.")],
    out: Annotated[Path, typer.Option(help="Folder for brief-<code>-<round>.pdf and .html.")] = Path(),
    language: Annotated[str, typer.Option(help="en, km or fr.")] = "en",
    audience: Annotated[str, typer.Option(help="all, or facilitator.")] = "all",
    demonstration: Annotated[bool, typer.Option("--demo", help="Of the demonstration's data.")] = False,
) -> None:
    """Write the discussion brief of a partnership's latest round as HTML and PDF."""
    from server.brief_files import write_brief
    from surveys.database import make_engine

    if language not in LANGUAGES or audience not in ("all", "facilitator"):
        errors.print("The language is one of en, km, fr; the audience is all or facilitator.")
        raise typer.Exit(2)
    settings = _demonstration(None) if demonstration else _settings()
    _upgrade(settings)
    with Session(make_engine(settings.database_url)) as session:
        for path in write_brief(session, partnership, out, language=language, audience=audience):
            console.print(str(path))


@app.command()
def verify(
    release: Annotated[str, typer.Argument(help="One release: code:round, or the beginning of its digest.")] = "",
    demonstration: Annotated[bool, typer.Option("--demo", help="In the demonstration's data.")] = False,
) -> None:
    """Check that releases, the record of acts and both replicas of the keys are as they were stored.

    This checks integrity, not the estimate: that the numbers are those that were stored, not that they are right.
    """
    from server.verifying import NOT_THE_ESTIMATE, check_release, faults_of_everything
    from surveys.database import make_engine
    from surveys.keystore import Keystore

    settings = _demonstration(None) if demonstration else _settings()
    engine, faults = make_engine(settings.database_url), False
    try:
        with Session(engine) as session:
            if release:
                for one in check_release(session, release):
                    console.print(one.name, soft_wrap=True)
                    for sentence, holds in one.checks:
                        console.print(f"  {'yes' if holds else 'NO'}: {sentence}")
                    faults = faults or not one.is_intact
            else:
                found = list(faults_of_everything(session, Keystore(settings.keystore)))
                console.print("releases, record of acts and keys: " + ("see below" if found else "all as stored"))
                for fault in found:
                    errors.print(fault)
                faults = bool(found)
    finally:
        engine.dispose()
    console.print(NOT_THE_ESTIMATE)
    raise typer.Exit(1 if faults else 0)


@app.command()
def backup() -> None:
    """Write a backup and prove it by restoring it. The keys of rounds are never part of it.

    Whoever holds it can read names and addresses of invited people (until they are deleted), releases, charters, and
    accounts with hashed passwords. Nobody can read with it who answered or what: answers are sealed, and the keys lie
    elsewhere. With the keys of a round that is still open, its answers can be opened: keep the two apart.
    """
    from server.backup import back_up
    from surveys.database import make_engine

    settings = _settings()
    console.print(str(back_up(make_engine(settings.database_url), settings.var_dir / "backups", now=datetime.now(UTC))))


@app.command()
def restore(path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup file.")]) -> None:
    """Load a backup into the empty database of the settings."""
    from server.backup import restore as load

    found = load(path, _settings().database_url)
    console.print(f"{sum(found.rows.values())} rows restored")


@app.command()
def upgrade() -> None:
    """Bring the database to the schema of this version.

    A backup is made before and proved by restoring it; without it nothing is changed.
    """
    _upgrade(_settings())
    console.print("The database is up to date.")


commands_accounts.register(app)
commands_data.register(app)
commands_machine.register(app)

if __name__ == "__main__":
    main()
    sys.exit(0)
