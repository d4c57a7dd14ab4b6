"""The clock's work, in the order of a round's life: start, close, open, shred, and the mails. Run again it goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from server.mail import Post
from server.mailing import Composer, tell_representatives
from server.reminding import remind
from server.sending import Office, fill_outbox, send_due
from server.settings import Settings
from server.shredding import shred
from surveys import audit, erasure, response, rounds
from surveys.database import its_turn, transaction
from surveys.keystore import Keystore
from surveys.models import Round
from surveys.problems import SurveyProblem

log = logging.getLogger("rapport.ticker")
PAUSE = 60.0  # seconds between two looks at the clock
JUMP = 60.0  # seconds that a clock may move against time between two looks
BELIEVED_AFTER = 3600.0  # seconds


@dataclass
class Report:
    """What one tick did; problems are one sentence each, and leave everything as it was."""

    closed: int = 0
    extended: int = 0
    opened: int = 0
    not_opened: int = 0
    shredded: int = 0
    started: int = 0
    mails: int = 0
    names_deleted: int = 0
    problems: list[str] = field(default_factory=list)


def tick(
    engine: Engine, keystore: Keystore, backups: Path, *, now: datetime, settings: Settings | None = None
) -> Report:
    """Do everything that is due now, unless another server does; mails are sent where there is a mail server."""
    with its_turn(engine) as mine:
        return _work(engine, keystore, backups, now, settings or Settings()) if mine else Report()


def _work(engine: Engine, keystore: Keystore, backups: Path, now: datetime, settings: Settings) -> Report:
    report = Report()
    for round_id in _due(engine, now, rounds.due_to_start):
        _guarded(report, partial(_start, engine, keystore, round_id, now, report))
    for round_id in _due(engine, now, response.due_to_count):
        _guarded(report, partial(_count, engine, keystore, round_id, now))
    for round_id in _due(engine, now, rounds.due_to_close):
        _guarded(report, partial(_close, engine, keystore, round_id, now, report))
    for round_id in _due(engine, now, rounds.due_to_open):
        _guarded(report, partial(_open, engine, keystore, round_id, now, report))
    _guarded(report, partial(_shred, engine, keystore, backups, now, report))
    _guarded(report, partial(_remind, engine, settings, now))
    _guarded(report, partial(_mail, engine, keystore, settings, now, report))
    _guarded(report, partial(_erase, engine, now, timedelta(days=settings.keep_names_days), report))
    report.problems += [f"keys {fault.name[:8]}: one replica is {fault.fault}" for fault in keystore.check()]
    return report


def _due(engine: Engine, now: datetime, question: Callable[[Session, datetime], list[Round]]) -> list[UUID]:
    with Session(engine) as session:
        return [round_.id for round_ in question(session, now)]


def _guarded(report: Report, act: Callable[[], None]) -> None:
    """One round that cannot be opened must not hold up the others."""
    try:
        act()
    except SurveyProblem as problem:
        log.error("problem=%s", type(problem).__name__)
        report.problems.append(problem.message)
    except Exception as problem:
        log.exception("a step of the clock's work failed; it is tried again")
        report.problems.append(f"A step failed ({type(problem).__name__}) and changed nothing; it is tried again.")


def _start(engine: Engine, keystore: Keystore, round_id: UUID, now: datetime, report: Report) -> None:
    """An approved round begins by itself at its opening time."""
    with transaction(engine) as session:
        round_ = session.get_one(Round, round_id, with_for_update=True)
        if round_.state != "prepared":
            return  # another process was faster
        rounds.start(session, round_, keystore)
        audit.record(session, "the clock", "started a round", str(round_id), now)
    report.started += 1


def _count(engine: Engine, keystore: Keystore, round_id: UUID, now: datetime) -> None:
    with transaction(engine) as session:
        response.count_today(session, session.get_one(Round, round_id), keystore, now)


def _remind(engine: Engine, settings: Settings, now: datetime) -> None:
    if not settings.demonstration:
        with transaction(engine) as session:
            remind(session, settings, now.date())


def _mail(engine: Engine, keystore: Keystore, settings: Settings | None, now: datetime, report: Report) -> None:
    """Rows are made when they are due, also without a mail server: they wait in the outbox, and nothing is lost."""
    if settings is None or settings.demonstration:
        return  # a demonstration shows its mails on a page
    fill_outbox(engine, keystore, now=now, also=partial(tell_representatives, settings=settings))
    if settings.sends_mail:
        office = Office(engine, keystore, settings, Composer(settings), Post(settings), now)
        report.mails += send_due(office, limit=settings.mail_per_minute).sent


def _close(engine: Engine, keystore: Keystore, round_id: UUID, now: datetime, report: Report) -> None:
    with transaction(engine) as session:
        round_ = session.get_one(Round, round_id, with_for_update=True)
        outcome = rounds.close(session, round_, keystore, now=now)
        audit.record(session, "the clock", f"round {outcome}", str(round_id), now)
    if outcome == "closed":
        report.closed += 1
    else:
        report.extended += 1


def _open(engine: Engine, keystore: Keystore, round_id: UUID, now: datetime, report: Report) -> None:
    from server.opening import open_round  # the tools of analysis, half a second at the start of the service

    if open_round(engine, keystore, round_id, now=now) == "not_opened":
        report.not_opened += 1
    else:
        report.opened += 1


def _shred(engine: Engine, keystore: Keystore, backups: Path, now: datetime, report: Report) -> None:
    report.shredded += shred(engine, keystore, backups, now=now)


def _erase(engine: Engine, now: datetime, after: timedelta, report: Report) -> None:
    with Session(engine) as session:
        waiting = erasure.due(session, now, after)
    for round_id in waiting:
        with transaction(engine) as session:
            erasure.delete_names(session, round_id)
            audit.record(session, "the clock", "names deleted", str(round_id), now)
        report.names_deleted += 1
    with transaction(engine) as session:
        erasure.delete_old_mail(session, now, after)


class Watch:
    """Compares the clock of this machine with one that nobody can set: after a jump nothing is done for an hour.

    A clock that is suddenly weeks ahead would close rounds, open them and destroy keys; none of that can be undone,
    and a time service usually puts it right within minutes. What still stands after an hour is believed.
    """

    def __init__(self, now: datetime, steady: float) -> None:
        self._apart = now.timestamp() - steady
        self._jump: tuple[float, float] | None = None  # how far apart since the jump, and when it was noticed

    @property
    def is_held(self) -> bool:
        return self._jump is not None

    def agrees(self, now: datetime, steady: float) -> bool:
        """Whether the clock went on as time does; `steady` in seconds from any beginning."""
        apart = now.timestamp() - steady
        if abs(apart - self._apart) > JUMP:
            if self._jump is None or abs(apart - self._jump[0]) > JUMP:
                self._jump = (apart, steady)
            if steady - self._jump[1] < BELIEVED_AFTER:
                return False
        self._apart, self._jump = apart, None
        return True


def steady_seconds() -> float:
    """Goes on while the machine sleeps, where the system has such a clock."""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    except (AttributeError, OSError):
        return time.monotonic()


class Ticker(threading.Thread):
    """Ticks while the server runs; stops between two ticks."""

    def __init__(self, engine: Engine, keystore: Keystore, backups: Path, settings: Settings) -> None:
        super().__init__(name="ticker", daemon=True)
        self.work = (engine, keystore, backups)
        self.settings = settings
        self.stopping = threading.Event()
        self.watch = Watch(datetime.now(UTC), steady_seconds())

    def run(self) -> None:
        while not self.stopping.wait(PAUSE):
            try:
                self.once(datetime.now(UTC), steady_seconds())
            except Exception:
                log.exception("the clock's work failed; it is tried again in a minute")

    def once(self, now: datetime, steady: float) -> Report:
        if not self.watch.agrees(now, steady):
            said = "the clock of this machine was set to another time: the clock's work waits for an hour or a restart"
            log.error(said)
            return Report(problems=[said])
        return tick(*self.work, now=now, settings=self.settings)

    def stop(self) -> None:
        self.stopping.set()
