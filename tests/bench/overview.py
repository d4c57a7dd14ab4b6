"""`python3 run.py bench overview`: the page of a programme of 200 partnerships of 12 rounds, first and later views.

Seconds of CPU, questions to the database, the page's size.    --json FILE    the figures for another program
"""

from __future__ import annotations

import argparse
import gzip
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import event
from sqlmodel import Session
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.settings import Settings
from surveys import accounts, partnerships, releases, rounds
from surveys.database import transaction, upgrade
from surveys.models import Account
from surveys.releases import Cell
from tests.bench._figures import Figures, print_machine
from tests.factories import NOW, make_account, make_organization, share_fonts
from tests.sample_releases import INSTRUMENT, release

PARTNERSHIPS, ROUNDS, FILLING = 200, 12, 700  # cells beside the leading ones: as many as a release of the standard has


def _series(number: int) -> list[releases.Release]:
    made = []
    for at in range(1, ROUNDS + 1):
        day = date(2020, 6, 30) + timedelta(days=182 * at)
        filling = [Cell("level", f"item:{n}", value=50, low=40, high=60, n_band="11-15") for n in range(FILLING)]
        level = 40 + (number * 7 + at * 3) % 30
        given = {"partnership": f"Partnership {number}"}
        made.append(release(at, day, level, level + 5, *filling, **given))
    return made


def fill(session: Session) -> UUID:
    account = make_account(session)
    members = [make_organization(session, f"Organization {n}") for n in range(4)]
    for number in range(PARTNERSHIPS):
        one = partnerships.create_partnership(session, code=f"p-{number}", title=f"Partnership {number:03}")
        for organization in members:
            partnerships.join(session, one, organization, on=date(2020, 1, 1))
        accounts.entrust(session, account, one.id)
        for given in _series(number):
            closes_at = datetime(*given.closed_on.timetuple()[:3], 10, tzinfo=UTC)
            opens_at = closes_at - timedelta(days=14)
            round_ = rounds.prepare(session, one, INSTRUMENT, opens_at=opens_at, closes_at=closes_at)
            round_.state = "released"
            releases.store(session, round_, given, now=closes_at)
        session.flush()
    return account.id


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    figures = Figures()
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        url = f"sqlite:///{var / 'rapport.db'}"
        upgrade(url)
        share_fonts(var)
        app = create_app(Settings(var_dir=var, database_url=url, secret_key_file=var / "secret-key"))
        app.dependency_overrides[deps.read_clock] = lambda: NOW
        with transaction(app.state.engine) as session:
            account_id = fill(session)
        with Session(app.state.engine) as session:
            account = session.get_one(Account, account_id)
        app.dependency_overrides[deps.get_account] = lambda: account  # logging in is no part of the question
        _measure(app, figures)
    figures.save(given.json)


def _measure(app: object, figures: Figures) -> None:
    sent: list[str] = []
    event.listen(app.state.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))  # type: ignore[attr-defined]  # Type ignore: state is open
    browser = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)  # type: ignore[arg-type]  # Type ignore: as above
    for view in ("first", "second", "third"):
        sent.clear()
        start = time.process_time()
        page = browser.get("/partnerships")
        spent = time.process_time() - start
        figures.add(f"{view} view", spent * 1000, "ms of CPU")
        figures.add("  questions to the database", len(sent), "")
        figures.add("  compressed", len(gzip.compress(page.content)) / 1000, "kB")
        figures.add("  drawings", page.text.count("<svg"), "")
    figures.add("memory at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, "MB")


if __name__ == "__main__":
    main()
