"""The commands that run the service: `rapport serve, demo, tick`."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from server.commands_machine import bring_up_to_date
from server.logs import write_lines
from server.settings import Settings, demonstration_settings

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
Port = Annotated[int | None, typer.Option(help="Port to listen on; by default RAPPORT_PORT, else 8000.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="serve")(serve_command)
    app.command(name="demo")(demo_command)
    app.command(name="tick")(tick_command)


def serve_command(port: Port = None) -> None:
    """Serve Rapport for the settings in RAPPORT_... variables, and do the clock's work."""
    settings = Settings() if port is None else Settings(port=port)
    bring_up_to_date(settings)
    _require_port(settings)
    print_setup_link(settings)
    _serve(settings)


def print_setup_link(settings: Settings) -> None:
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


def demo_command(
    port: Port = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the demonstration and start over.")] = False,
) -> None:
    """Load the demonstration programme, serve it on this machine and say what to open."""
    settings = demonstration_settings(port)
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
        bring_up_to_date(settings)
        bar, progress = _progress("Loading eight partnerships, six rounds each")
        with bar:
            engine = make_engine(settings.database_url)
            door = load(engine, Keystore(settings.keystore), folder, now=datetime.now(UTC), progress=progress)
            engine.dispose()
    else:
        bring_up_to_date(settings)
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


def _serve(settings: Settings) -> None:
    import uvicorn

    from server.app import create_app
    from server.metrics import Figures, registry_of, serve_metrics
    from server.ticker import Ticker

    _require_port(settings)
    write_lines()
    service = create_app(settings)
    ticker = Ticker(service.state.engine, service.state.keystore, settings.var_dir / "backups", settings)
    ticker.start()
    gc.freeze()  # what is there now stays: looking through it again and again costs a tenth of the time
    if settings.metrics_port:
        state = service.state
        figures = Figures(state.engine, state.keystore, state.tally, lambda: ticker.watch.is_held)
        serve_metrics(registry_of(figures), settings.metrics_port)
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


def tick_command(
    at: Annotated[datetime | None, typer.Option(help="The time to act for (UTC), for drills; by default now.")] = None,
) -> None:
    """Do the clock's work once: start, close and open what is due, destroy keys after a verified backup, send mail."""
    from server.ticker import tick as do
    from surveys.database import make_engine
    from surveys.keystore import Keystore

    settings = Settings()
    bring_up_to_date(settings)
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


def _progress(title: str) -> tuple[Progress, Callable[[int, int], None]]:
    bar = Progress(console=errors, transient=True)
    task = bar.add_task(title, total=None)
    return bar, lambda done, total: bar.update(task, completed=done, total=total)
