"""Requests sent one by one, each rolled back, and what is wrong with the answers."""

from __future__ import annotations

import hashlib
import re
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from httpx2 import Response
from sqlalchemy import Connection, Engine, event, select
from sqlmodel import Session
from starlette.testclient import TestClient

from server.pages import LANGUAGE_COOKIE
from surveys.database import metadata
from surveys.keystore import Keystore
from tests.server.fuzzing.nasty import Sent
from tests.server.fuzzing.visitors import Visitor

WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)", re.IGNORECASE)
COUNTED = {"POST /login": "account", "POST /login/code": "account"}  # how often it failed is kept on purpose
ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Post:
    """Sends, looks at the answer, and puts everything back: rows, cookies, keys on the disk."""

    session: Session
    keystore: Keystore
    browser: TestClient
    engine: Engine
    sent: int = 0
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows = self._rows_now()
        self._keys = keys_of(self.keystore)

    def send(self, line: str, visitor: Visitor, path: str, sent: Sent, *pages: str) -> None:
        """Send it; where it was done, look at the page it leads to and at these: they show what was stored."""
        method = line.partition(" ")[0]
        address = path + (f"?{sent.query}" if sent.query else "")
        headers = {"Content-Type": sent.kind} if sent.kind else {}
        if sent.by_htmx:
            headers["HX-Request"] = "true"
        self.sent += 1
        self.browser.cookies.clear()
        self.browser.cookies.update({**visitor.cookies, LANGUAGE_COOKIE: sent.language})
        with self._watched() as writes:
            answer = self._ask(line, visitor, method, address, sent, headers)
            if answer is None:
                return
            self.answers.setdefault(line, Counter())[answer.status_code] += 1
            if answer.status_code >= 400 and writes:
                rows = self._rows_now().items()
                if changed := [one for one, held in rows if held != self._rows[one] and one != COUNTED.get(line)]:
                    self._note(line, f"{answer.status_code}, but wrote {', '.join(changed)}", visitor, address, sent)
            elif method != "GET" and answer.status_code < 400:
                for page in filter(None, (answer.headers.get("location"), *pages)):
                    self._ask(f"{line}, then GET {page.partition('?')[0]}", visitor, "GET", page, sent, {})

    def _ask(
        self, line: str, visitor: Visitor, method: str, address: str, sent: Sent, headers: dict[str, str]
    ) -> Response | None:
        """The answer, unless it fails; whatever the kind of failure, it is what we look for."""
        body = sent.body if method != "GET" else b""
        try:
            answer = self.browser.request(method, address, content=body, headers=headers)
        except Exception as problem:
            self._note(line, where(problem), visitor, address, sent)
            return None
        if answer.status_code >= 500 and answer.status_code != 503:
            self._note(line, str(answer.status_code), visitor, address, sent)
        elif "Traceback (most recent" in answer.text:
            self._note(line, "a traceback is shown", visitor, address, sent)
        return answer

    def _note(self, line: str, what: str, visitor: Visitor, address: str, sent: Sent) -> None:
        told = f"{what}\n  {visitor.name}: {address}\n  {sent.kind}: {sent.body[:1500]!r}"
        self.faults.setdefault((line.partition(",")[0], what), f"{line}: {told}")

    @contextmanager
    def _watched(self) -> Iterator[list[str]]:
        """What is written inside, statement by statement; nothing of it stays."""
        writes: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if WRITES.match(statement):
                writes.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            with self._kept_apart():
                yield writes
        finally:
            event.remove(self.engine, "before_cursor_execute", note)
            put_back(self.keystore, self._keys)

    @contextmanager
    def _kept_apart(self) -> Iterator[None]:
        with self.session.begin_nested() as nothing_stays:
            self.session.connection()  # the savepoint is set here, before plain SQL passes it by
            yield
            if nothing_stays.is_active:
                nothing_stays.rollback()
        self.session.expire_all()

    def _rows_now(self) -> dict[str, str]:
        self.session.flush()
        return rows_of(self.session.connection())

    @property
    def summary(self) -> str:
        """How many requests were answered with which status."""
        answers = sum(self.answers.values(), Counter[int]())
        return f"{self.sent} requests: " + ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))

    @property
    def told(self) -> str:
        return "\n".join(self.faults[key] for key in sorted(self.faults))


class LastingPost(Post):
    """On a database of its own, in the service's own transactions: what was done is done."""

    @contextmanager
    def _kept_apart(self) -> Iterator[None]:
        before = sum(self.answers.values(), Counter[int]())
        yield
        after = sum(self.answers.values(), Counter[int]())
        if any(status < 400 for status in after - before):
            self._rows, self._keys = self._rows_now(), keys_of(self.keystore)

    def _rows_now(self) -> dict[str, str]:
        with self.engine.connect() as connection:
            return rows_of(connection)


def where(problem: BaseException) -> str:
    """The kind of an exception and the last line of ours it passed."""
    rooms = tuple(f"{ROOT / room}/" for room in ("server", "surveys", "analysis"))
    ours = [one for one in traceback.extract_tb(problem.__traceback__) if one.filename.startswith(rooms)]
    at = f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}" if ours else "nowhere of ours"
    return f"{type(problem).__name__} at {at}: {str(problem)[:200]}"


def rows_of(connection: Connection) -> dict[str, str]:
    """What each table holds, in short."""
    held = {
        one.name: repr(sorted(repr(tuple(row)) for row in connection.execute(select(one))))
        for one in metadata.sorted_tables
    }
    return {name: hashlib.sha256(rows.encode()).hexdigest() for name, rows in held.items()}


def keys_of(keystore: Keystore) -> dict[Path, bytes]:
    return {one: one.read_bytes() for place in keystore.replicas for one in place.rglob("*") if one.is_file()}


def put_back(keystore: Keystore, keys: dict[Path, bytes]) -> None:
    there = {one for place in keystore.replicas for one in place.rglob("*") if one.is_file()}
    for path in there - keys.keys():
        path.unlink()
    for path in keys.keys() - there:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(keys[path])
