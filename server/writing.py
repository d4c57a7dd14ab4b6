"""One writer for all respondents on SQLite: what waits is written together, and answered only after the commit.

SQLite lets one connection write at a time. Instead of many requests that wait for the lock, each with a disk sync of
its own, one thread takes what has arrived meanwhile into one transaction. Nothing records who was in it.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from surveys.database import DRIVER, kept_transaction, plain, writing_session

AT_ONCE = 64  # requests in one transaction: the first of them must not wait for too many others
OF_THE_DATABASE = (sqlite3.Error, DBAPIError, OSError)
T = TypeVar("T")


@dataclass(slots=True)
class _Job:
    act: Callable[[Session], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    result: Any = None
    fault: BaseException | None = None

    def reply(self) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        if self.answer.done():  # the visitor hung up; what was written stays
            return
        if self.fault is None:
            self.answer.set_result(self.result)
        elif isinstance(self.fault, StopIteration):  # no future takes it
            self.answer.set_exception(RuntimeError(repr(self.fault)))
        else:
            self.answer.set_exception(self.fault)


class Writer:
    """Runs acts one after the other; an act that fails leaves nothing and does not touch its neighbours."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    async def write(self, act: Callable[[Session], T]) -> T:
        """What the act returns, once it has reached the disk."""
        loop = asyncio.get_running_loop()
        job = _Job(act, loop, loop.create_future())
        self._require_thread()
        self._jobs.put(job)
        result: T = await job.answer
        return result

    def _require_thread(self) -> None:
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        session: Session | None = None
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < AT_ONCE and not self._jobs.empty():
                jobs.append(self._jobs.get())
            try:
                session = session or writing_session(self._engine)
                self._write(session, jobs)
            except Exception as fault:  # an act refused, the disk is full, the lock is held: nothing was stored
                for job in jobs:
                    job.fault = job.fault or fault
                if isinstance(fault, OF_THE_DATABASE):  # what is wrong with it is not known: the next act gets another
                    _give_up(session)
                    session = None
            for job in jobs:
                job.reply()

    def _write(self, session: Session, jobs: Sequence[_Job]) -> None:
        with kept_transaction(session):
            if len(jobs) == 1:
                jobs[0].result = jobs[0].act(session)
            else:
                for job in jobs:
                    _attempt(session, job)


def _give_up(session: Session | None) -> None:
    if session is not None:
        with suppress(*OF_THE_DATABASE):
            connection = session.get_bind()
            session.close()
            assert isinstance(connection, Connection)  # see writing_session
            connection.invalidate()
            connection.close()


def _attempt(session: Session, job: _Job) -> None:
    plain(session, "SAVEPOINT act")
    try:
        job.result = job.act(session)
        session.flush()
    except Exception as fault:
        job.fault = fault
        session.expunge_all()
        if not session.info[DRIVER].in_transaction:  # the mapper took everything back, the neighbours' acts too
            raise
        plain(session, "ROLLBACK TO act")
    plain(session, "RELEASE act")
