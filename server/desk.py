"""Where respondents are served: the requests that ten thousand people send in the same hour.

Such a route is a plain function of one `Call`. Reading runs at once; writing goes through the one writer on SQLite, and
through a transaction of its own on PostgreSQL. The answer leaves after the commit. FastAPI's machinery for dependencies
costs more than everything else these routes do, so they go without; what a test puts in a dependency's place counts.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping
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
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from server.deps import FIELDS_AT_MOST, get_keystore, get_sealer, open_session, read_clock, read_form
from server.security import SAFE_METHODS, Sealer
from server.writing import OF_THE_DATABASE, Writer
from surveys.database import DRIVER, emptied, reading_session, transaction
from surveys.keystore import Keystore

WORTH_PACKING = 500  # bytes
LEVEL = 4  # of compression
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
        self._plain_engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = Writer(engine)
        self._reading: Session | None = None  # on SQLite one is kept, for the thread of the loop alone

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
        if not self._is_sqlite:
            with Session(self._plain_engine) as session:  # each question a snapshot of its own, as on SQLite
                return answer(session)
        reading = self._reading = self._reading or reading_session(self._engine)
        try:
            return answer(reading)
        except OF_THE_DATABASE:
            self._reading = None  # what is wrong with it is not known: the next question gets another
            reading.info[DRIVER].close()
            raise
        finally:
            emptied(reading)

    def _write(self, answer: Callable[[Session], Response]) -> Response:
        with transaction(self._engine) as session:
            return answer(session)


async def _read_form(request: Request) -> Mapping[str, Any]:
    """The posted form; the usual kind is read without the machinery for files."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PLAIN_FORM:
        return await read_form(request)
    body = (await _body_of(request)).decode("latin-1")
    if body.count("&") >= FIELDS_AT_MOST:
        raise HTTPException(422)
    if "%" not in body and "+" not in body and "\x00" not in body:  # a page of ratings: nothing to decode
        return dict(pair.split("=", 1) for pair in body.split("&") if "=" in pair)
    pairs = parse_qsl(body, keep_blank_values=True, errors="replace")
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise HTTPException(422)
    return dict(pairs)


async def _body_of(request: Request) -> bytes:
    """The whole of it, which is small: without the machinery for streams."""
    pieces = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


class DeskRouter(APIRouter):
    """Routes served at the desk, beside those of FastAPI."""

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[tuple[str, str, Act]] = []  # method, path, act

    def desk(self, method: str, path: str) -> Callable[[Act], Act]:
        def register(act: Act) -> Act:
            async def endpoint(request: Request) -> Response:
                desk: Desk = request.app.state.desk
                return await desk.serve(request, act)

            self.add_route(path, endpoint, methods=[method])
            self.acts.append((method, path, act))
            return act

        return register


class FrontDesk:
    """Finds the act of a respondent's request by one look-up, before the framework tries all its routes in turn.

    A shortcut and nothing else: whatever is not found here takes the long way to the same routes.
    """

    def __init__(self, app: ASGIApp, *, acts: Iterable[tuple[str, str, Act]]) -> None:
        self.app = app
        self._acts: dict[tuple[str, str], tuple[Act, str]] = {}  # method and path up to its parameter -> act, its name
        for method, path, act in acts:
            known, _, parameter = path.partition("{")
            self._acts[method, known] = (act, parameter.rstrip("}"))

    def _find(self, method: str, path: str) -> tuple[Act, dict[str, str]] | None:
        if (found := self._acts.get((method, path))) and not found[1]:
            return found[0], {}
        known, slash, value = path.rpartition("/")
        found = self._acts.get((method, known + slash)) if value else None
        return (found[0], {found[1]: value}) if found and found[1] else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        act, scope["path_params"] = found
        request = Request(scope, receive, send)
        try:
            response = await request.app.state.desk.serve(request, act)
        except Exception as problem:
            kind = next(one for one in type(problem).__mro__ if one in request.app.exception_handlers)
            await request.app.exception_handlers[kind](request, problem)(scope, receive, send)
            if kind is Exception:  # nobody expected it: it goes into the record as from everywhere else
                raise
            return
        _pack(request, response)
        await response(scope, receive, send)


def _pack(request: Request, response: Response) -> None:
    """As gzip, where the browser takes it and it is worth the while."""
    if len(response.body) < WORTH_PACKING or "content-encoding" in response.headers:
        return
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return
    response.body = gzip.compress(response.body, LEVEL, mtime=0)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
    response.headers.add_vary_header("Accept-Encoding")
