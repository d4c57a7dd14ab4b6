"""The commands about what was released: `rapport brief, verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlmodel import Session

from server.commands_machine import bring_up_to_date
from server.languages import LANGUAGES
from server.settings import Settings, demonstration_settings

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="brief")(brief_command)
    app.command(name="verify")(verify_command)


def brief_command(
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
    settings = demonstration_settings() if demonstration else Settings()
    bring_up_to_date(settings)
    with Session(make_engine(settings.database_url)) as session:
        for path in write_brief(session, partnership, out, language=language, audience=audience):
            console.print(str(path))


def verify_command(
    release: Annotated[str, typer.Argument(help="One release: code:round, or the beginning of its digest.")] = "",
    demonstration: Annotated[bool, typer.Option("--demo", help="In the demonstration's data.")] = False,
) -> None:
    """Check that releases, the record of acts and both replicas of the keys are as they were stored.

    This checks integrity, not the estimate: that the numbers are those that were stored, not that they are right.
    """
    from server.verifying import NOT_THE_ESTIMATE, check_release, faults_of_everything
    from surveys.database import make_engine
    from surveys.keystore import Keystore

    settings = demonstration_settings() if demonstration else Settings()
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
