"""Commands for whoever keeps the machine: `rapport backup, restore, upgrade, doctor, forget, drill, ...`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from server.settings import Settings

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
MARKS = {"well": "well", "look": "LOOK", "bad": "BAD "}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="backup")(backup_command)
    app.command(name="restore")(restore_command)
    app.command(name="upgrade")(upgrade_command)
    app.command(name="doctor")(doctor_command)
    app.command(name="forget")(forget_command)
    app.command(name="drill")(drill_command)
    app.command(name="bounces")(bounces_command)
    app.command(name="sbom")(sbom_command)


def backup_command() -> None:
    """Write a backup and prove it by restoring it. The keys of rounds are never part of it.

    Whoever holds it can read names and addresses of invited people (until they are deleted), releases, charters, and
    accounts with hashed passwords. Nobody can read with it who answered or what: answers are sealed, and the keys lie
    elsewhere. With the keys of a round that is still open, its answers can be opened: keep the two apart.
    """
    from server.backup import back_up
    from surveys.database import make_engine

    settings = Settings()
    console.print(str(back_up(make_engine(settings.database_url), settings.var_dir / "backups", now=datetime.now(UTC))))


def restore_command(path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A backup file.")]) -> None:
    """Load a backup into the empty database of the settings."""
    from server.backup import restore as load

    found = load(path, Settings().database_url)
    console.print(f"{sum(found.rows.values())} rows restored")


def upgrade_command() -> None:
    """Bring the database to the schema of this version.

    A backup is made before and proved by restoring it; without it nothing is changed.
    """
    bring_up_to_date(Settings())
    console.print("The database is up to date.")


def bring_up_to_date(settings: Settings) -> None:
    """To the newest schema; where there was something to lose, say where its backup lies."""
    from server.upgrading import upgrade_safely

    made = upgrade_safely(settings)
    if made is not None:
        errors.print(f"Before the upgrade the database was backed up and the backup verified: {made}", soft_wrap=True)


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="For another program.")] = False,
) -> None:
    """Look at this machine: database, keys, disks, backups, clock, fonts, mail. Says what to do.

    Exit code 1 when something is bad. It changes nothing and shows no secret.
    """
    from dataclasses import asdict

    from server.doctor import examine

    findings = examine(Settings(), now=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], indent=1, ensure_ascii=False))
    else:
        for one in findings:
            typer.echo(f"{MARKS[one.state]}  {one.matter:<12} {one.found}")
            if one.advice:
                typer.echo(f"{'':>19}{one.advice}")
    raise typer.Exit(1 if any(one.state == "bad" for one in findings) else 0)


def bounces_command(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Message files, Maildir folders or mailbox files.")],
) -> None:
    """Note invitations that came back as undeliverable, from the mailbox named in RAPPORT_MAIL_RETURNS.

    Of reminders nothing is noted, and no name is printed: a returned reminder would tell who had not answered.
    """
    from server.bounces import read_returned
    from surveys.database import make_engine, transaction

    with transaction(make_engine(Settings().database_url)) as session:
        counted = read_returned(session, paths)
    typer.echo(f"{counted.returned} returned invitations noted, {counted.passed_over} other messages passed over")


def forget_command(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")] = "",
    organization: Annotated[str, typer.Option(help="Instead: the contacts of the organization with this name.")] = "",
    person: Annotated[
        str, typer.Option(help="With --organization: only the person of this name, who has no address.")
    ] = "",
    backups: Annotated[bool, typer.Option("--backups", help="Also replace every backup by a new one.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase what is stored of a person, or of the contacts of an organization.

    Erased: invitations, addresses, the account. Kept: answers (nobody can find whose they are), names under signed
    charters and agreements, and the record of acts, whose chain would break (docs/record-of-processing.md says why).
    In a round that is not over the place on its list stays without name, and the link is refused.

    Backups made before still hold the names: --backups writes a new one and removes all older ones.
    """
    from server.forgetting import forget
    from surveys.database import make_engine

    if bool(email) == bool(organization) or (person and not organization):
        typer.echo("Give the address of a person, or --organization and its name (and --person).", err=True)
        raise typer.Exit(2)
    if not yes:
        typer.confirm(f"Erase {email or person or organization}? This cannot be undone.", abort=True)
    settings = Settings()
    engine = make_engine(settings.database_url)
    try:
        now = datetime.now(UTC)
        whom = {"email": email, "organization": organization, "person": person}
        done = forget(engine, settings, **whom, now=now, also_backups=backups)
    finally:
        engine.dispose()
    if not done:
        typer.echo("Nothing is stored of them; nothing was changed.")
        raise typer.Exit(1)
    for what, count in sorted(done.items()):
        typer.echo(f"{count:>5}  {what}")
    if not backups:
        typer.echo("Backups made before still hold these names; with --backups they are replaced.")


def drill_command(
    path: Annotated[Path | None, typer.Argument(help="A backup file; by default the newest one.")] = None,
    into: Annotated[str, typer.Option(help="Address of an EMPTY database to restore into, such as a PostgreSQL.")] = "",
) -> None:
    """Practise the restore: load a backup into an empty place, check all of it, and say how long it took.

    The service goes on meanwhile and its database is not touched. Without --into the place is removed afterwards.
    """
    from server.backup import restore

    settings = Settings()
    made = sorted((settings.var_dir / "backups").glob("*.db"), key=lambda one: one.stat().st_mtime)
    chosen = path or (made[-1] if made else None)
    if chosen is None or not chosen.is_file():
        typer.echo("There is no backup to practise with. Run: rapport backup", err=True)
        raise typer.Exit(2)
    if into and into == settings.database_url:
        typer.echo("That is the database of the service: nothing was done.", err=True)
        raise typer.Exit(2)
    start = time.monotonic()
    with TemporaryDirectory(prefix="rapport-drill-") as place:
        found = restore(chosen, into or f"sqlite:///{Path(place) / 'drill.db'}")
    typer.echo(
        f"{chosen.name}: {sum(found.rows.values())} rows restored and checked in {time.monotonic() - start:.1f} s"
    )
    typer.echo(
        f"  releases {found.rows['release']}, rounds {found.rows['round']}, partnerships {found.rows['partnership']}"
    )


def sbom_command(
    out: Annotated[Path | None, typer.Option(help="A file; by default standard output.")] = None,
) -> None:
    """Write the software bill of materials: every package in use, with version and licence (CycloneDX, JSON)."""
    from server.bill import bill

    written = json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(written, nl=False)
    else:
        out.write_text(written, encoding="utf-8")
