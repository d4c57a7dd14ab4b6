"""The service as a browser meets it: one app for all tests, the test's own session, keystore and clock inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Request
from httpx2 import Response
from openpyxl import Workbook
from sqlalchemy import event
from sqlmodel import Session
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.security import SAFE_METHODS
from server.settings import Settings
from surveys import accounts, logins, releases, rounds
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from surveys.models import Account, Invitation, Partnership, Round
from tests.factories import NOW, make_account, make_partnership, make_round, secret_of, share_fonts
from tests.sample_releases import SERIES
from tests.server.seats import Circle


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Passwords hashed with little effort: accounts are made by the hundred here."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: quick)
        yield


def make_service(folder: Path, **given: Any) -> FastAPI:
    """A service whose files all lie in this folder; its database too, unless another is given. The caller disposes."""
    share_fonts(folder)
    own = {
        "var_dir": folder,
        "secret_key_file": folder / "secret-key",
        "keystore": (folder / "keys-a", folder / "keys-b"),
        "database_url": f"sqlite:///{folder / 'none.db'}",
    }
    return create_app(Settings(**{**own, **given}))


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    made = make_service(tmp_path_factory.mktemp("var"), database_url=database_url)
    yield made
    made.state.engine.dispose()


class Clock:
    """What time it is; a test may move it."""

    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(app: FastAPI, session: Session, keystore: Keystore, clock: Clock) -> Iterator[TestClient]:
    """A browser nobody is logged in with. As in the service, a write that ends in a problem leaves nothing."""

    def shared_session(request: Request) -> Iterator[Session]:
        if request.method in SAFE_METHODS:
            yield session
        else:
            with session.begin_nested():
                session.connection()  # sets the savepoint: plain SQL would pass it by
                yield session

    app.dependency_overrides = {
        deps.open_session: shared_session,
        deps.get_keystore: lambda: keystore,
        deps.open_reading: lambda: session,
        deps.read_clock: lambda: clock.now,
        deps.get_note_use: lambda: partial(logins.note_use, session),
        deps.is_second_factor_required: lambda: False,  # tests/server/test_second_factor.py puts it back
    }
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
        yield browser
    app.dependency_overrides = {}


@dataclass
class Person:
    """Somebody invited, with a link and a browser."""

    browser: TestClient
    invitation: Invitation
    secret: str

    def enter(self) -> Response:
        return self.browser.post("/i", data={"secret": self.secret})

    def see(self, path: str) -> Response:
        """The page, wherever it leads."""
        return self.browser.get(path, follow_redirects=True)

    def save(self, code: str, go: str = "on", **answers: Any) -> Response:
        return self.browser.post(f"/answer/part/{code}", data={**answers, "go": go})

    def hand_in(self) -> Response:
        return self.browser.post("/answer/hand-in")


@pytest.fixture
def asked(session: Session, keystore: Keystore) -> Round:
    """An open round of the standard questionnaire, two people invited from each of four organizations."""
    return make_round(session, keystore, instrument=standard_instrument())


@pytest.fixture
def new_browser(app: FastAPI, client: TestClient) -> Callable[[], TestClient]:
    """Another device, which shares nothing with the first."""
    return lambda: TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)


@pytest.fixture
def invited(
    session: Session, keystore: Keystore, asked: Round, new_browser: Callable[[], TestClient]
) -> Callable[..., Person]:
    """Person number so-and-so of the open round; two neighbours are of one organization."""

    def person(number: int = 0, *, entered: bool = True) -> Person:
        invitation = list(rounds.invitations_of(session, asked))[number]
        made = Person(new_browser(), invitation, secret_of(keystore, asked, invitation))
        if entered:
            made.enter()
        return made

    return person


@pytest.fixture
def log_in(session: Session, client: TestClient, clock: Clock) -> Callable[[Account], TestClient]:
    def as_account(account: Account) -> TestClient:
        client.cookies.set(deps.SESSION_COOKIE, logins.begin(session, account, clock.now))
        return client

    return as_account


@pytest.fixture
def partnership(session: Session) -> Partnership:
    return make_partnership(session, instrument_code="sample")


@pytest.fixture
def amina(session: Session, partnership: Partnership) -> Account:
    """She facilitates `partnership`."""
    account = make_account(session)
    accounts.entrust(session, account, partnership.id)
    session.flush()
    return account


@pytest.fixture
def stranger(session: Session) -> Account:
    """A facilitator of something else, who must see nothing of this."""
    account = make_account(session, "stranger")
    accounts.entrust(session, account, make_partnership(session).id)
    session.flush()
    return account


def make_released(session: Session, keystore: Keystore, partnership: Partnership, series: Any = SERIES) -> list[Round]:
    """A round for each release of the series, with the release stored."""
    made = []
    for release in series:
        closes_at = datetime(*release.closed_on.timetuple()[:3], 10, tzinfo=UTC)
        opens_at = closes_at - timedelta(days=14)
        round_ = make_round(
            session, keystore, partnership=partnership, state="prepared", opens_at=opens_at, closes_at=closes_at
        )
        round_.state, round_.label = "released", release.round_label
        releases.store(session, round_, release, now=closes_at)
        made.append(round_)
    session.flush()
    return made


@pytest.fixture
def released(session: Session, keystore: Keystore, partnership: Partnership) -> list[Round]:
    return make_released(session, keystore, partnership)


@contextmanager
def counted_queries(session: Session) -> Iterator[list[str]]:
    """The statements sent to the database inside the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def text_of(page: str) -> str:
    """What a reader sees: without markup, in one line."""
    bare = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).split())


@pytest.fixture
def circle(session: Session, partnership: Partnership, log_in: Callable[[Account], TestClient]) -> Circle:
    return Circle(session, partnership, log_in)


def workbook(rows: list[list[Any]]) -> bytes:
    """An .xlsx file with these rows on its first sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()
