"""The command line: `rapport serve, demo, tick, analyse, import, brief, verify, backup, restore, ...`."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from server import commands_accounts, commands_data, commands_machine, commands_releases, commands_service
from surveys.problems import SurveyProblem

app = typer.Typer(
    help="Surveys and trust measurement for development partnerships.\n\n"
    "Exit codes: 0 done, 1 something to look at, 2 wrong use, input or settings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True, highlight=False)


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


for commands in (commands_service, commands_releases, commands_machine, commands_accounts, commands_data):
    commands.register(app)

if __name__ == "__main__":
    main()
    sys.exit(0)
