"""A program with a token, as it meets the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from server.api import readers
from surveys import api_tokens
from surveys.models import Account, Partnership
from tests.factories import NOW

API = "/api/v1"


@pytest.fixture(autouse=True)
def _forgiven() -> Iterator[None]:
    """The count of requests lives as long as the process."""
    readers.attempts._times.clear()
    yield
    readers.attempts._times.clear()


@pytest.fixture
def program(client: TestClient, session: Session) -> Callable[..., TestClient]:
    """A client with a token of this account, for everything or one partnership."""

    def of(account: Account, only: Partnership | None = None, *, days: int = 90, secret: str = "") -> TestClient:
        token = secret or f"rapport_{account.id}{only.id if only else ''}"
        partnership_id = only.id if only else None
        today = NOW.date() - timedelta(days=1)
        api_tokens.create(session, account, token, name="script", partnership_id=partnership_id, today=today, days=days)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    return of
