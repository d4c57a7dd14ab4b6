"""The commands about people: `rapport account` and `rapport audit`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from sqlmodel import Session

from server.settings import Settings
from surveys.models import Account
from surveys.problems import NotFound

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class Role(StrEnum):
    facilitator = "facilitator"
    trustee = "trustee"
    reader = "reader"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(name="account")(account_command)
    app.command(name="audit")(audit_command)


def account_command(
    email: Annotated[str, typer.Argument(help="E-mail address to log in with.")],
    name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    partnership: Annotated[
        list[str] | None, typer.Option(help="Code of a partnership to give a place in; repeatable.")
    ] = None,
    role: Annotated[Role, typer.Option(help="The role in these partnerships.")] = Role.facilitator,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="Looks after accounts and the machine.")
    ] = False,
) -> None:
    """Create an account on the server itself. Everybody else is invited by a link, on the pages.

    Representatives are invited on the page of their partnership, where their organization is chosen.
    """
    from surveys import accounts, audit
    from surveys.database import make_engine, transaction, upgrade

    settings = Settings()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database_url)
    with transaction(make_engine(settings.database_url)) as session:
        made = accounts.create_account(
            session, email=email, name=name, password=password, is_administrator=administrator
        )
        audit.record(session, "command line", "made an account", f"account {made.id}", datetime.now(UTC))
        for code in partnership or ():
            _seat(session, made, code, role.value)
    console.print(f"{email} may log in now.")


def _seat(session: Session, account: Account, code: str, role: str) -> None:
    from surveys import accounts, audit, partnerships

    found = partnerships.find_by_code(session, code)
    if found is None:
        raise NotFound(f"There is no partnership with the code {code}; no account was created.")
    accounts.entrust(session, account, found.id, role=role)
    audit.record(session, "command line", f"made {account.email} {role}", f"partnership {found.id}", datetime.now(UTC))


def audit_command(
    lines: Annotated[int, typer.Option(min=0, help="Show this many of the latest entries too.")] = 0,
) -> None:
    """Check that no entry of the record of acts was changed, added in between or taken out.

    Exit code 1 where the chain is broken. Write the number of entries and the last digest down elsewhere now and then:
    a record cut off at its end is a whole chain too, only shorter.
    """
    from surveys import audit
    from surveys.database import make_engine

    with Session(make_engine(Settings().database_url)) as session:
        entries = audit.entries(session)
        broken = audit.verify_chain(session)
        for one in entries[-lines:] if lines else ():
            console.print(f"{one.id}  {one.at:%Y-%m-%d %H:%M}  {one.actor}  {one.act}  {one.subject}", soft_wrap=True)
        last = entries[-1].digest if entries else audit.BEGINNING
    console.print(f"{len(entries)} entries, the last with the digest {last}", soft_wrap=True)
    if broken is not None:
        errors.print(f"The record of acts was changed at entry {broken}.")
        raise typer.Exit(1)
    console.print("The chain holds.")
