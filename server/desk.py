"""Where respondents are served: the requests that ten thousand people send in the same hour.

Such a route is a plain function of one `Call`. Reading runs at once; writing goes through the one writer on SQLite, and
through a transaction of its own on PostgreSQL. The answer leaves after the commit. FastAPI's machinery for dependencies
costs more than everything else these routes do, so they go without; what a test puts in a dependency's place counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import FIELDS_AT_MOST, get_keystore, get_sealer, open_session, read_clock, read_form
from server.security import SAFE_METHODS, Sealer
from server.writing import Writer
from surveys.database import READER, reading_connection, transaction
from surveys.keystore import Keystore

PLAIN_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Call:
    """One request of a respondent, with what a route needs to answer it."""

    request: Request
    session: Session
    keystore: Keystore
    sealer: Sealer
    now: datetime
    form: Mapping[str, Any]


Act = Callable[[Call], Response]


class Desk:
    """Runs acts on the database of this service."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._writer = Writer(engine)
        self._kept: dict[str, Any] = {}

    async def serve(self, request: Request, act: Act) -> Response:
        replaced = request.app.dependency_overrides
        form = await _read_form(request) if request.method not in SAFE_METHODS else {}
        keystore = replaced[get_keystore]() if get_keystore in replaced else get_keystore(request)
        now = replaced.get(read_clock, read_clock)()

        def answer(session: Session) -> Response:
            return act(Call(request, session, keystore, get_sealer(request), now, form))

        if open_session in replaced:
            with contextmanager(replaced[open_session])(request) as session:
                return answer(session)
        if request.method in SAFE_METHODS:
            # SQLite answers from memory in microseconds; a thread for it would cost more than the question
            return self._read(answer) if self._is_sqlite else await run_in_threadpool(self._read, answer)
        return await (self._writer.write(answer) if self._is_sqlite else run_in_threadpool(self._write, answer))

    def _read(self, answer: Callable[[Session], Response]) -> Response:
        with Session(self._engine, info=self._reader()) as session:
            return answer(session)

    def _reader(self) -> dict[str, Any]:
        """On SQLite one connection kept open for plain questions: a transaction for each would cost more than they."""
        if self._is_sqlite and not self._kept:
            self._kept = {READER: reading_connection(self._engine)}
        return dict(self._kept)

    def _write(self, answer: Callable[[Session], Response]) -> Response:
        with transaction(self._engine) as session:
            return answer(session)


async def _read_form(request: Request) -> Mapping[str, Any]:
    """The posted form; the usual kind is read without the machinery for files."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PLAIN_FORM:
        return await read_form(request)
    body = (await request.body()).decode("latin-1")
    if body.count("&") >= FIELDS_AT_MOST:
        raise HTTPException(422)
    if "%" not in body and "+" not in body and "\x00" not in body:  # a page of ratings: nothing to decode
        return dict(pair.split("=", 1) for pair in body.split("&") if "=" in pair)
    pairs = parse_qsl(body, keep_blank_values=True, errors="replace")
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise HTTPException(422)
    return dict(pairs)


class DeskRouter(APIRouter):
    """Routes served at the desk, beside those of FastAPI."""

    def desk(self, method: str, path: str) -> Callable[[Act], Act]:
        def register(act: Act) -> Act:
            async def endpoint(request: Request) -> Response:
                desk: Desk = request.app.state.desk
                return await desk.serve(request, act)

            self.add_route(path, endpoint, methods=[method])
            return act

        return register
