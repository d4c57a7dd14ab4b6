"""People who hand in and do not give up, a service that is hurt meanwhile, and the ledger of what was promised.

Each person sends numbered answers; whoever got no reply sends the same again. At the end the boxes are opened: nothing
acknowledged may be missing, nothing may be there twice, and nothing that was never sent.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from sqlmodel import Session, select

from surveys import ballots
from surveys.database import make_engine
from surveys.keystore import Keystore
from surveys.models import Ballot, Round
from tests.bench._http import Browser
from tests.bench._service import ROOT, Asked, fill, free_port, settings_for, wait_for

PATIENCE = 400  # tries of one person before a test gives up
ITEMS = 32


@dataclass
class Life:
    """One server that can be killed; it comes back by itself."""

    host: str
    port: int
    pid_file: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> tuple[str, int]:
        return (self.host, self.port)

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text() or 0)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError, ValueError):  # between two lives
            os.kill(self.pid, signal.SIGKILL)


@contextmanager
def life(folder: Path, *, host: str = "127.0.0.1", **settings: str) -> Iterator[Life]:
    port = free_port(host)
    pid_file = folder / f"{host}.pid"
    environment = {**os.environ, **settings_for(folder, port, host=host), **settings, "RAPPORT_TEST_PID": str(pid_file)}
    with (folder / "server.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults._lives", host, str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(child, host, port)
            while not pid_file.exists():  # it listens a moment before its first life begins
                time.sleep(0.01)
            yield Life(host, port, pid_file, child)
        finally:
            child.terminate()
            child.wait(timeout=20)


@dataclass
class Ledger:
    """What was sent by whom, what was acknowledged, and what the boxes hold in the end."""

    asked: Asked
    acknowledged: dict[int, int] = field(default_factory=dict)
    sent: dict[int, int] = field(default_factory=dict)
    replies: int = 0
    tries: int = 0
    gave_up: list[int] = field(default_factory=list)

    def compare(self, folder: Path, url: str = "") -> dict[str, int]:
        """Counts of what must be nothing."""
        held = opened(folder, url)
        people = [person for person, _ in held]
        stored = dict(held)
        return {
            "lost": sum(1 for person, n in self.acknowledged.items() if stored.get(person, -1) < n),
            "twice": len(people) - len(set(people)),
            "never sent": sum(1 for person, n in held if n > self.sent.get(person, -1)),
            "gave up": len(self.gave_up),
        }


def opened(folder: Path, url: str = "") -> list[tuple[int, int]]:
    """Person and number of the answer in each box."""
    engine = make_engine(url or f"sqlite:///{folder / 'rapport.db'}")
    try:
        with Session(engine) as session:
            round_ = session.exec(select(Round)).one()
            keys = Keystore([folder / "keys-a", folder / "keys-b"]).load(round_.id)
            personal = ballots.unseal(session, round_, keys).personal
            assert len(personal) == len(session.exec(select(Ballot.id)).all())
        return [(_number(one["answers"], 1), _number(one["answers"], 5)) for one in personal]
    finally:
        engine.dispose()


def _number(answers: dict[str, int], first: int) -> int:
    return sum(answers[f"P{first + place}"] * 10**place for place in range(4))


def form_of(person: int, number: int) -> bytes:
    digits = [(person // 10**place) % 10 for place in range(4)] + [(number // 10**place) % 10 for place in range(4)]
    answers = {f"P{n}": (digits[n - 1] if n <= 8 else 5) for n in range(1, ITEMS + 1)}
    return urlencode({**answers, "go": "hand-in"}).encode()


def hand_in(ledger: Ledger, person: int, number: int, where: Callable[[], tuple[str, int]], pause: float) -> None:
    """Send until it is acknowledged. Each request is a connection of its own, as over a bad line."""
    ledger.sent[person] = max(number, ledger.sent.get(person, -1))
    cookies: dict[str, str] = {}
    for _ in range(PATIENCE):
        ledger.tries += 1
        try:
            browser = Browser(where(), timeout=15, cookies=cookies)
            if _once(ledger.asked.secrets[person], form_of(person, number), browser):
                ledger.acknowledged[person] = number
                ledger.replies += 1
                return
        except OSError:
            pass
        time.sleep(pause)
    ledger.gave_up.append(person)


def _once(secret: str, form: bytes, browser: Browser) -> bool:
    """As a browser that keeps its cookies: enter, begin again where something was handed in before, hand in."""
    if "visit" not in browser.cookies and _post(browser, "/i", urlencode({"secret": secret}).encode()) != "/answer":
        return False
    if _get(browser, "/answer").endswith("/resume"):
        _post(browser, "/resume/restart")
    _post(browser, "/answer/replace")
    return _post(browser, "/answer/part/P", form) == "/handed-in"


def _get(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    browser.close()
    return answer.headers.get("location", "")


def _post(browser: Browser, path: str, body: bytes = b"") -> str:
    answer = browser.post(path, body)
    browser.close()
    return answer.headers.get("location", "") if answer.status == 303 else ""


@contextmanager
def people(
    ledger: Ledger, where: Callable[[], tuple[str, int]], *, clients: int = 4, times: int = 1, pause: float = 0.05
) -> Iterator[Callable[[], bool]]:
    """Everybody hands in `times` times while the block runs and until they are done; tells whether they are."""
    waiting = [(person, number) for number in range(times) for person in range(len(ledger.asked.secrets))]
    queue, lock = iter(waiting), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                one = next(queue, None)
            if one is None:
                return
            hand_in(ledger, *one, where, pause)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    yield lambda: not any(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join(timeout=300)


def ask(folder: Path, people_invited: int, url: str = "") -> Ledger:
    return Ledger(fill(folder, people_invited, one_page=True, url=url))


def kill_often(lives: Sequence[Life], done: Callable[[], bool], kills: int, chance: random.Random) -> int:
    """Kill one or the other at random moments, until so many kills or until everybody is done."""
    killed = 0
    while killed < kills and not done():
        time.sleep(chance.uniform(0.05, 0.4))
        chance.choice(lives).kill()
        killed += 1
    return killed
