"""`python3 run.py bench serving`: what a respondent costs the server, beside a bare durable route in the same run.

Real processes on loopback. CPU seconds are those of the server alone. Ratios compare machines; milliseconds do not.

--only NAME...    page, journey, crowd, memory, growth    --whole    10,000 people in the crowd, 100,000 requests,
10^6 ballots    --json FILE    the figures for another program    --postgresql    page and journey on a PostgreSQL of
its own with every commit synced; the CPU of its processes is not counted
"""

from __future__ import annotations

import argparse
import contextlib
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.bench._figures import Figures, print_machine
from tests.bench._http import Browser
from tests.bench._service import Process, bare, fill, rapport
from tests.databases import running_postgresql

PAGES_AT_MOST = 60  # of one journey; a questionnaire that leads in circles is a fault
GROWTH = 420  # people at each size, the first twenty not measured
ON_POSTGRESQL = ("page", "journey")
NAMES = ("page", "journey", "crowd", "memory", "growth")


def answers_on(page: bytes) -> bytes:
    """A form filled in: the fifth choice of every question, as bytes to post."""
    offered: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)"', page.decode()):
        offered.setdefault(name, []).append(value)
    numbers = dict.fromkeys(re.findall(r'name="([^"]+)" type="text" inputmode="numeric"', page.decode()), "18")
    return urlencode({name: values[min(4, len(values) - 1)] for name, values in offered.items()} | numbers).encode()


@dataclass
class Journey:
    """Everything one person does; forms are read once for each organization and then sent again."""

    address: tuple[str, int]
    forms: dict[str, bytes] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    requests: int = 0

    def _timed(self, act: Callable[[], object]) -> object:
        start = time.perf_counter()
        answer = act()
        self.times.append(time.perf_counter() - start)
        self.requests += 1
        return answer

    def get(self, browser: Browser, path: str, status: int = 200):
        answer = self._timed(lambda: browser.get(path))
        assert answer.status == status, (path, answer.status)
        return answer

    def post(self, browser: Browser, path: str, body: bytes = b"", status: int = 303) -> str:
        answer = self._timed(lambda: browser.post(path, body))
        assert answer.status == status, (path, answer.status)
        return answer.headers.get("location", "")

    def enter(self, browser: Browser, secret: str) -> None:
        self.post(browser, "/i", urlencode({"secret": secret}).encode())

    def one_page(self, browser: Browser) -> None:
        """Open the page, hand it in."""
        path = "/answer/part/P"
        page = self.get(browser, path)
        self.post(browser, path, self._form(browser, path, page.body) + b"&go=hand-in")

    def whole(self, browser: Browser, secret: str) -> None:
        """Link, welcome, every page with an autosave, review, hand in, receipt."""
        self.get(browser, "/i")
        self.enter(browser, secret)
        self.get(browser, "/answer")
        path = self._first(browser)
        for _ in range(PAGES_AT_MOST):
            if path == "/answer/review":
                break
            page = self.get(browser, path)
            form = self._form(browser, path, page.body)
            self.post(browser, f"{path}?save=1", form, status=200)
            path = self.post(browser, path, form + b"&go=on")
        self.get(browser, "/answer/review")
        self.post(browser, "/answer/hand-in")
        self.get(browser, "/handed-in")

    def _first(self, browser: Browser) -> str:
        if "first" not in self.forms:
            plain = Browser(browser.address, accepts="identity", cookies=dict(browser.cookies))
            found = re.search(rb'href="(/answer/part/[^"]+)"', plain.get("/answer").body)
            assert found, "the welcome page leads nowhere"
            self.forms["first"] = found[1]
        return self.forms["first"].decode()

    def _form(self, browser: Browser, path: str, page: bytes) -> bytes:
        if path not in self.forms:
            plain = Browser(browser.address, accepts="identity", cookies=dict(browser.cookies))
            self.forms[path] = answers_on(plain.get(path).body)
        return self.forms[path]


def quantile(times: Iterable[float], share: float) -> float:
    """Milliseconds that this share of the requests stayed below."""
    ordered = sorted(times)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def at_once(people: Sequence[str], clients: int, act: Callable[[str], None]) -> list[str]:
    """Everybody acts, so many at a time; the faults, if any."""
    faults: list[str] = []
    waiting = iter(people)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                one = next(waiting, None)
            if one is None:
                return
            try:
                act(one)
            except (OSError, AssertionError) as fault:
                faults.append(f"{one[:4]}: {fault!r}")

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def bench_bare(place: Path, figures: Figures, name: str = "bare Starlette route, one durable insert") -> float:
    """Requests per CPU second of the bare durable route."""
    place.mkdir(exist_ok=True)
    with bare(place) as server, Browser(server.address) as browser:
        for _ in range(300):
            browser.post("/", b"x" * 300)
        start, n = server.cpu, 10_000
        for _ in range(n):
            browser.post("/", b"x" * 300)
        rate = n / (server.cpu - start)
    figures.add(name, rate, "requests/CPU s")
    return rate


def bench_page(place: Path, figures: Figures, people: int, url: str = "") -> None:
    asked = fill(place, people + 20, one_page=True, url=url)
    with rapport(place, url=url) as server:
        journey = Journey(server.address)
        browsers = [entered(server, secret, journey) for secret in asked.secrets]
        for browser in browsers[:20]:
            journey.one_page(browser)
        start = server.cpu
        for browser in browsers[20:]:
            journey.one_page(browser)
        rate = people / (server.cpu - start)
    figures.add("one-page journey: 32 items, handed in, sealed", rate, "journeys/CPU s", at_least=400)


def entered(server: Process, secret: str, journey: Journey) -> Browser:
    browser = Browser(server.address)
    journey.enter(browser, secret)
    browser.close()
    return browser


def bench_journey(place: Path, figures: Figures, people: int, floor: float, url: str = "") -> None:
    """One after the other for CPU, then 32 at once for the times that people wait."""
    clients = 32
    asked = fill(place, people + 5 + clients * 2, one_page=False, url=url)
    journeys: dict[int, Journey] = {}
    with rapport(place, url=url) as server:

        def act(secret: str) -> None:
            own = asked.secrets.index(secret) * 5 // len(asked.secrets)
            journey = journeys.setdefault(own, Journey(server.address))
            with Browser(server.address) as browser:
                journey.whole(browser, secret)

        step = len(asked.secrets) // 5
        warm = [asked.secrets[at * step] for at in range(5)]
        alone = [one for one in asked.secrets if one not in warm][:people]
        crowd = [one for one in asked.secrets if one not in warm and one not in alone]
        faults = at_once(warm, 1, act)
        assert not faults, faults
        before, start = sum(one.requests for one in journeys.values()), server.cpu
        faults = at_once(alone, 1, act)
        assert not faults, faults
        n = sum(one.requests for one in journeys.values()) - before
        rate = n / (server.cpu - start)
        for one in journeys.values():
            one.times.clear()
        faults = at_once(crowd, clients, act)
        times = [spent for one in journeys.values() for spent in one.times]
    figures.add("real journey, requests in it", n / people, "requests")
    figures.add("real journey, per request", rate, "requests/CPU s")
    after = bench_bare(place / "bare", figures, "  the bare route again")
    figures.add("  beside the bare durable route", 2 * rate / (floor + after), "of its rate", at_least=1 / 3)
    figures.add("32 clients at once, p95", quantile(times, 0.95), "ms", below=150)
    figures.add("32 clients at once, p99", quantile(times, 0.99), "ms", below=400)
    figures.add("32 clients at once, errors", len(faults), "", below=1)
    for fault in faults[:3]:
        print("   ", fault)


def bench_crowd(place: Path, figures: Figures, people: int) -> None:
    """All invitees hand in as fast as the service takes it; the list of who was acknowledged is compared."""
    asked = fill(place, people, one_page=True)
    with rapport(place) as server:
        journey = Journey(server.address)
        browsers = {secret: entered(server, secret, journey) for secret in asked.secrets}
        journey.times.clear()
        for browser in list(browsers.values())[:1]:
            journey._form(browser, "/answer/part/P", b"")
        start = time.perf_counter()

        def act(secret: str) -> None:
            with browsers[secret] as browser:
                journey.one_page(browser)

        faults = at_once(asked.secrets, 32, act)
        spent = time.perf_counter() - start
    stored = boxes_in(place)
    for fault in faults[:3]:
        print("   ", fault)
    figures.add(f"{people:,} invitees at the last moment, journeys per second", people / spent, "journeys/s")
    figures.add("  p99", quantile(journey.times, 0.99), "ms", below=2000)
    figures.add("  errors", len(faults), "", below=1)
    figures.add("  acknowledged and not stored, or stored twice", abs(people - len(faults) - stored), "", below=1)


def boxes_in(place: Path) -> int:
    import sqlite3

    database = sqlite3.connect(place / "rapport.db")
    try:
        return int(database.execute("SELECT count(*) FROM ballot").fetchone()[0])
    finally:
        database.close()


def bench_memory(place: Path, figures: Figures, requests: int) -> None:
    """Pages and saves in turn; the second half must not grow."""
    asked = fill(place, 200, one_page=True)
    with rapport(place) as server:
        journey = Journey(server.address)
        browsers = [entered(server, secret, journey) for secret in asked.secrets]
        path, sizes = "/answer/part/P", []
        for browser in browsers:
            browser.close()
        for half in range(2):
            for at in range(requests // 400):
                with browsers[(half + at) % len(browsers)] as browser:
                    form = journey._form(browser, path, b"")
                    for _ in range(100):
                        browser.get(path)
                        browser.post(f"{path}?save=1", form)
            sizes.append(server.memory / 1e6)
    figures.add(f"memory after {requests:,} requests", sizes[-1], "MB", below=200)
    figures.add("  growth in the second half", sizes[1] - sizes[0], "MB", below=5)


def bench_growth(place: Path, figures: Figures, sizes: Sequence[int]) -> None:
    """CPU and bytes of one respondent with so many ballots stored already."""
    import os
    import sqlite3

    asked = fill(place, GROWTH * len(sizes), one_page=True)
    held = 0
    path = place / "rapport.db"
    for at, size in enumerate(sizes):
        database = sqlite3.connect(path)
        (round_id,) = database.execute("SELECT id FROM round").fetchone()
        (box,) = database.execute("SELECT box_size FROM round").fetchone()
        rows = ((os.urandom(16), round_id, os.urandom(box + 48)) for _ in range(size - held))
        database.executemany("INSERT INTO ballot (id, round_id, box) VALUES (?, ?, ?)", rows)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        held = size
        with rapport(place) as server:
            journey = Journey(server.address)
            browsers = [entered(server, secret, journey) for secret in asked.secrets[GROWTH * at : GROWTH * (at + 1)]]
            for browser in browsers[:20]:
                journey.one_page(browser)
            start = server.cpu
            for browser in browsers[20:]:
                journey.one_page(browser)
            spent = (server.cpu - start) / (GROWTH - 20)
        figures.add(f"{size:,} ballots stored: CPU of the next one-page journey", 1000 * spent, "ms")
        figures.add(f"{size:,} ballots stored: bytes each", path.stat().st_size / size, "bytes")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args(arguments)
    figures = Figures()
    print_machine()
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-bench-")))
        url = stack.enter_context(running_postgresql(durable=True)) if given.postgresql else ""
        floor = bench_bare(place, figures)
        works: dict[str, Callable[[Path], None]] = {
            "page": lambda at: bench_page(at, figures, 1000 if given.whole else 300, url),
            "journey": lambda at: bench_journey(at, figures, 100 if given.whole else 60, floor, url),
            "crowd": lambda at: bench_crowd(at, figures, 10_000 if given.whole else 1_000),
            "memory": lambda at: bench_memory(at, figures, 100_000 if given.whole else 8_000),
            "growth": lambda at: bench_growth(
                at, figures, (1_000, 10_000, 100_000, 1_000_000) if given.whole else (1_000, 10_000)
            ),
        }
        for name in given.only if not given.postgresql else [one for one in given.only if one in ON_POSTGRESQL]:
            works[name](place / name)
    figures.save(given.json)


if __name__ == "__main__":
    main()
