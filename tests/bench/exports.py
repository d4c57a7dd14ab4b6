"""`python3 run.py bench exports`: files of a programme of 200 partnerships and 12 rounds, in CPU seconds of one thread.

--partnerships 200  --rounds 12    size of the programme    --json FILE    the figures for another program
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sqlmodel import Session
from starlette.responses import Response

from server import exports
from server.dossiers import open_dossier
from server.exports import SUFFIXES
from server.routes.exporting import release_export
from surveys import accounts, partnerships, releases, rounds
from surveys.database import make_engine, transaction, upgrade
from surveys.instruments import standard_instrument
from surveys.models import Account, Partnership
from surveys.releases import Cell, Partner, Release
from tests.bench._figures import Figures, print_machine

GOAL = 2.0  # seconds for CSV
BEGIN = date(2015, 6, 30)
PTI = standard_instrument()
SIDES = ("all", "national", "external")
PARTNERS = tuple(Partner(f"o{at}", f"Organization {at}", "un_agency", "external") for at in range(8))


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def sent(response: Response) -> int:
    """Everything a client would be sent, read to the end."""
    import asyncio

    body = getattr(response, "body_iterator", None)
    if body is None:
        return len(response.body)

    async def read() -> int:
        return sum([len(piece) async for piece in body])

    return asyncio.run(read())


def cells(rng: np.random.Generator) -> tuple[Cell, ...]:
    """As many numbers as a real release holds: about 520."""
    targets = [f"headline:{one.code}" for one in PTI.headlines] + [f"construct:{one.code}" for one in PTI.constructs]
    made = []
    for target in [*targets, "composite", *(f"item:{one.code}" for one in PTI.items)]:
        for who in SIDES:
            v = float(rng.integers(20, 90))
            made.append(Cell("level", target, who, value=v, low=v - 8, high=v + 8, n_band="16-25", method="mean"))
        others = ("change_last", "change_first", "spread", "cannot_judge", "prefer_not")
        made += [Cell(one, target, value=float(rng.integers(-20, 20)), low=-25, high=25, method="m") for one in others]
    return tuple(made)


def release(partnership: str, number: int, closed_on: date, rng: np.random.Generator) -> Release:
    return Release(
        partnership=partnership,
        round_number=number,
        round_label=f"Round {number}",
        closed_on=closed_on,
        instrument=PTI.code,
        instrument_version=PTI.version,
        instrument_digest=PTI.digest,
        dyadic_mode="positions",
        disclosure_level="B",
        partners=PARTNERS,
        cells=cells(rng),
    )


def fill(session: Session, n_partnerships: int, n_rounds: int) -> Account:
    rng = np.random.default_rng(1)
    account = accounts.create_account(
        session, email="amina@example.org", name="Amina", password="correct horse battery"
    )
    shared = release("", 1, BEGIN, rng)
    for at in range(n_partnerships):
        title = f"Partnership {at}"
        made = partnerships.create_partnership(session, code=f"p{at:03}", title=title, phase="imported")
        accounts.entrust(session, account, made.id)
        for number in range(1, n_rounds + 1):
            day = BEGIN + timedelta(days=182 * number)
            round_ = rounds.import_round(session, made, PTI, number=number, closed_on=day, invited={}, seed="")
            told = replace(shared, partnership=title, round_number=number, round_label=f"Round {number}", closed_on=day)
            releases.store(session, round_, told, now=datetime(2026, 1, 1, tzinfo=UTC))
    return account


def run(folder: Path, n_partnerships: int, n_rounds: int, figures: Figures) -> None:
    url = f"sqlite:///{folder / 'bench.db'}"
    upgrade(url)
    engine = make_engine(url)
    with transaction(engine) as session:
        account = fill(session, n_partnerships, n_rounds)
    with Session(engine) as session:
        one = session.get_one(Partnership, accounts.partnerships_of(session, account)[0].id)
        for suffix in SUFFIXES:
            took = seconds(lambda suffix=suffix: sent(exports.respond(_release(session, account, one), suffix)))
            figures.add(f"one release as {suffix}", took, "s of CPU", below=GOAL if suffix == "csv" else None)
        for suffix in SUFFIXES:
            took = seconds(
                lambda suffix=suffix: sent(exports.respond(exports.programme_of(session, account, "en"), suffix))
            )
            name = f"{n_partnerships} partnerships, {n_rounds} rounds, as {suffix}"
            figures.add(name, took, "s of CPU", below=GOAL if suffix == "csv" else None)
    engine.dispose()


def _release(session: Session, account: Account, partnership: Partnership) -> exports.Export:
    return release_export(open_dossier(session, account, partnership, "en"), 12)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--partnerships", type=int, default=200)
    asked.add_argument("--rounds", type=int, default=12)
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    figures = Figures()
    print_machine()
    with TemporaryDirectory(prefix="rapport-bench-") as folder:
        run(Path(folder), given.partnerships, given.rounds, figures)
    figures.save(given.json)


if __name__ == "__main__":
    main()
