"""`python3 run.py bench opening`: a round of many people and organizations from the sealed boxes to the stored release.

The audit included; seconds on the clock and of CPU. --people 500 --organizations 30    --json FILE
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from server.opening import open_round
from surveys import ballots, rounds
from surveys.database import make_engine, transaction, upgrade
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from surveys.models import Round
from tests.bench._figures import Figures, print_machine
from tests.factories import NOW, make_organization, make_partnership, make_round, payload_of

KINDS = ("central_government", "local_government", "national_ngo", "donor_country", "un_agency", "international_ngo")


def prepared(place: Path, people: int, organizations: int, mode: str) -> tuple[str, Keystore, Round]:
    """A closed round in which everybody has answered, each organization with a level of its own."""
    url, chance = f"sqlite:///{place / 'rapport.db'}", random.Random(7)
    upgrade(url)
    engine, keystore, instrument = make_engine(url), Keystore([place / "keys-a"]), standard_instrument()
    with transaction(engine) as session:
        members = [make_organization(session, kind=KINDS[n % len(KINDS)]) for n in range(organizations)]
        partnership = make_partnership(session, members=members, dyadic_mode=mode)
        each = -(-people // organizations)
        round_ = make_round(session, keystore, partnership=partnership, people=each, instrument=instrument)
        keys, levels = keystore.load(round_.id), {one.id: chance.gauss(6, 1.2) for one in members}
        for invitation in list(rounds.invitations_of(session, round_))[:people]:
            answers = {
                item.code: int(min(10, max(0, round(chance.gauss(levels[invitation.organization_id], 1.8)))))
                for item in instrument.items
                if item.condition is None
            }
            ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, **answers))
    with transaction(engine) as session:
        late = round_.closes_at + timedelta(hours=2)
        assert rounds.close(session, session.get_one(Round, round_.id), keystore, now=late) == "closed"
    engine.dispose()
    return url, keystore, round_


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--organizations", type=int, default=30)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    figures = Figures()
    print_machine()
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        url, keystore, round_ = prepared(Path(folder), given.people, given.organizations, "positions")
        engine = make_engine(url)
        start, cpu = time.perf_counter(), time.process_time()
        state = open_round(engine, keystore, round_.id, now=NOW + timedelta(days=30))
        spent, worked = time.perf_counter() - start, time.process_time() - cpu
        with Session(engine) as session:
            assert state == session.get_one(Round, round_.id).state == "released"
        engine.dispose()
    name = f"{given.people} respondents, {given.organizations} organizations: opened and audited"
    figures.add(name, spent, "s", below=30)
    figures.add("  of CPU", worked, "s")
    figures.save(given.json)


if __name__ == "__main__":
    main()
