"""Canaries: a round answered at the real command; then every byte it wrote is searched for what must not be.

Before the opening nobody's answers stand in any file; a link, an address and a browser's name never do.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from server.ticker import tick
from surveys import accounts, releases, rounds
from surveys.database import make_engine, transaction
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from tests.factories import make_account, make_organization, make_partnership, make_round, secret_of, share_fonts

ROOT = Path(__file__).resolve().parent.parent.parent
AGENT, LOCAL, FORWARDED = "Canary-Browser/7.7 (yellow feather)", "127.77.66.55", "203.0.113.77"
KINDS = ("central_government", "national_ngo", "donor_country", "un_agency")
PASSWORD = "canary in a coal mine"


@dataclass
class Running:
    """The server as a process of its own, and everything it may write to."""

    url: str
    folder: Path
    database: str
    keystore: Keystore
    started: float

    def files(self) -> list[Path]:
        """All of them but the keystore, which is the one place that may hold secrets of links."""
        folders = [self.folder]
        if not self.database.startswith("sqlite"):  # the address names the folder of the socket, the data lies beside
            folders.append(Path(self.database.rpartition("host=")[2]) / "data")
        found = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        return [path for path in found if path.parent not in self.keystore.replicas]

    def holding(self, *canaries: str) -> list[str]:
        found = []
        for path in self.files():
            try:
                content = path.read_bytes() if path.stat().st_mtime >= self.started else b""
            except FileNotFoundError:
                continue  # PostgreSQL took a working file of its own away meanwhile: it holds nothing any more
            for canary in canaries:
                forms = (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode())
                escaped = canary.encode("ascii", "backslashreplace")
                if any(form in content for form in (*forms, escaped)):
                    found.append(f"{canary} in {path.name}")
        return found


@pytest.fixture
def running(tmp_path, fresh_url) -> Iterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path / "var"
    (folder / "tmp").mkdir(parents=True)
    share_fonts(folder)
    started = time.time() - 1
    replicas = (folder / "keys-a", folder / "keys-b")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "tmp"),
        "RAPPORT_VAR_DIR": str(folder),
        "RAPPORT_DATABASE_URL": fresh_url,
        "RAPPORT_KEYSTORE": '["' + '","'.join(map(str, replicas)) + '"]',
        "RAPPORT_SECRET_KEY_FILE": str(folder / "secret-key"),
        "RAPPORT_PORT": str(port),
        "RAPPORT_BASE_URL": f"http://127.0.0.1:{port}",
    }
    with (folder / "output.log").open("wb") as output:
        command = [sys.executable, "-m", "server.cli", "serve"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(port, process)
            yield Running(f"http://127.0.0.1:{port}", tmp_path, fresh_url, Keystore(replicas), started)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")


def invite(running: Running):
    """A round of eight people that is open now; the secrets of their links."""
    now = datetime.now(UTC)
    engine = make_engine(running.database)
    with transaction(engine) as session:
        members = [make_organization(session, f"Canary organization {n}", kind) for n, kind in enumerate(KINDS)]
        partnership = make_partnership(session, members=members, title="Partnership of canaries")
        account = make_account(session, "canary", password=PASSWORD)
        accounts.entrust(session, account, partnership.id)
        opens_at, closes_at = now - timedelta(days=3), now + timedelta(days=1)
        round_ = make_round(
            session,
            running.keystore,
            partnership=partnership,
            instrument=standard_instrument(),
            opens_at=opens_at,
            closes_at=closes_at,
        )
        secrets = [secret_of(running.keystore, round_, one) for one in rounds.invitations_of(session, round_)]
    return engine, round_, secrets


def browse(running: Running) -> httpx2.Client:
    """A browser with a name of its own, at an address of its own, behind a proxy that tells another one."""
    return httpx2.Client(
        base_url=running.url,
        headers={"User-Agent": AGENT, "X-Forwarded-For": FORWARDED, "Forwarded": f"for={FORWARDED}"},
        transport=httpx2.HTTPTransport(local_address=LOCAL),
        follow_redirects=True,
        timeout=60,
    )


def answer(browser: httpx2.Client, secret: str, person: int) -> None:
    """Everything that could leave a trace: drafts, errors, the position, handing in."""
    assert browser.post("/i", data={"secret": secret}).status_code == 200
    browser.post("/answer/part/V", data={f"V{n}": str((person + n) % 11) for n in range(1, 5)} | {"go": "on"})
    browser.post("/answer/part/about", data={"B1": "working", "B2": str(700 + person), "go": "on"})
    assert browser.post("/answer/part/open", data=said(person) | {"go": "on"}).status_code == 200
    partner = browser.get("/position").text.split('href="/position/')[1].split('"')[0]
    browser.post(f"/position/{partner}", data={"D0": "some", "D1": "9", "D7": "8", "go": "on"})
    assert browser.post("/answer/part/V", data={"V1": "99"}).status_code == 422
    assert browser.post("/answer/hand-in").status_code == 200


def said(person: int) -> dict[str, str]:
    return {"O1": comment(person), "O1.topic": "V", "O2": f"ចាបពណ៌លឿង{person}កក្រើក"}


def comment(person: int) -> str:
    return f"canary-{person}-sang-loudly"


def make_noise(browser: httpx2.Client, secret: str) -> None:
    """Mistakes people and scanners make with a link; none of them may end up in a log."""
    for path in (f"/i?secret={secret}", f"/i/{secret}", f"/{secret}", "/answer/part/nowhere", "//i", "/partnerships"):
        browser.get(path)
    browser.head("/i")
    browser.post("/i", data={"secret": secret[:-2]})
    browser.post("/i", data={"secret": secret + "X" * 300_000})
    browser.post("/login", data={"email": secret, "password": secret})
    browser.post("/resume", data={"code": "000000"})
    browser.post("/answer/hand-in", headers={"Sec-Fetch-Site": "cross-site"})


def never(secrets: list[str]) -> list[str]:
    """What may stand in no file at any time: links in each way of writing, addresses, the browser's name."""
    written = [
        form for one in secrets for form in (one, one.replace("-", ""), one.lower(), one.replace("-", "").lower())
    ]
    return [*written, LOCAL, FORWARDED, AGENT, "yellow feather"]


def answers_of(n: int) -> list[str]:
    return [text for person in range(n) for text in (comment(person), said(person)["O2"], f'"B2":{700 + person}')]


def test_no_file_holds_an_answer_or_a_trace(running):
    engine, round_, secrets = invite(running)
    for person, secret in enumerate(secrets):
        with browse(running) as browser:
            make_noise(browser, secret)
            answer(browser, secret, person)
        if person in (0, len(secrets) - 1):
            assert running.holding(*never(secrets), *answers_of(len(secrets))) == []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
    assert running.holding(*never(secrets), *answers_of(len(secrets))) == []
    if engine.dialect.name == "sqlite":
        assert {".db", ".db-wal", ".log"} <= {path.suffix for path in running.files()}
    assert running.holding("Partnership of canaries")  # the search does find what is there

    backups = running.folder / "backups"
    closing = round_.closes_at + timedelta(hours=1)
    for moment in (closing, closing + timedelta(hours=1)):
        report = tick(engine, running.keystore, backups, now=moment)
        assert report.problems == []
    assert report.shredded == 1
    with transaction(engine) as session:
        released = releases.series(session, round_.partnership_id, audience="all")[-1]
    assert {one.text for one in released.comments} >= {comment(person) for person in range(len(secrets))}
    engine.dispose()
    with browse(running) as browser:
        make_noise(browser, secrets[0])
        browser.post("/login", data={"email": "canary@example.org", "password": PASSWORD})
        assert browser.get(f"/partnerships/{round_.partnership_id}/trend").status_code == 200
    assert running.holding(*never(secrets)) == []
    assert running.holding(*(f'"B2":{700 + person}' for person in range(len(secrets)))) == []
    assert PASSWORD not in (running.folder / "var" / "output.log").read_text()
