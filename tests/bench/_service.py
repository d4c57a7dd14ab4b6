"""A real server process on loopback, its database filled before, and what it costs: CPU seconds and memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from surveys import rounds
from surveys.database import make_engine, transaction, upgrade
from surveys.instruments import Construct, Instrument, Item, Scale, standard_instrument
from surveys.invitations import personal_secret
from surveys.keystore import Keystore
from tests.factories import make_organization, make_partnership, make_round, share_fonts

ROOT = Path(__file__).resolve().parent.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
KINDS = ("central_government", "donor_country", "national_ngo", "lending_agency", "international_ngo")
ONE_PAGE = Instrument(
    code="one-page",
    titles={"en": "Thirty-two statements"},
    scales={"agreement": Scale(low=0, high=10, low_label={"en": "Not at all"}, high_label={"en": "Completely"})},
    constructs=(Construct(code="P", titles={"en": "This partnership"}),),
    items=tuple(
        Item(code=f"P{n}", construct="P", texts={"en": f"Statement number {n} about how this partnership works."})
        for n in range(1, 33)
    ),
)


@dataclass(frozen=True)
class Process:
    """A server of ours and where it answers."""

    pid: int
    address: tuple[str, int]

    @property
    def cpu(self) -> float:
        """CPU seconds of the process until now, all threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: Sequence[str], port: int, *, host: str = "127.0.0.1", **environment: str) -> Iterator[Process]:
    """Start a server and wait until it listens; it is ended with the block."""
    record = ROOT / "var" / "bench.log"
    record.parent.mkdir(exist_ok=True)  # a clone that never served anything
    with record.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            wait_for(child, host, port)
            yield Process(child.pid, (host, port))
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def wait_for(child: subprocess.Popen[bytes], host: str, port: int) -> None:
    for _ in range(1200):
        if child.poll() is not None:
            raise RuntimeError(f"the server did not start (see var/bench.log): exit code {child.returncode}")
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not listen within a minute")


def settings_for(folder: Path, port: int, *, url: str = "", host: str = "127.0.0.1") -> dict[str, str]:
    return {
        "RAPPORT_VAR_DIR": str(folder),
        "RAPPORT_DATABASE_URL": url or f"sqlite:///{folder / 'rapport.db'}",
        "RAPPORT_KEYSTORE": f'["{folder / "keys-a"}", "{folder / "keys-b"}"]',
        "RAPPORT_SECRET_KEY_FILE": str(folder / "secret-key"),
        "RAPPORT_BASE_URL": f"http://{host}:{port}",
        "RAPPORT_HOSTS": f'["{host}", "127.0.0.1"]',
        "RAPPORT_HOST": host,
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def rapport(folder: Path, *, url: str = "") -> Iterator[Process]:
    port = free_port()
    command = ["-m", "server.cli", "serve", "--port", str(port)]
    with process(command, port, **settings_for(folder, port, url=url)) as running:
        yield running


@contextmanager
def bare(folder: Path) -> Iterator[Process]:
    """The measure of what this machine can do: Starlette, one route, one durable insert."""
    port = free_port()
    with process(["-m", "tests.bench._bare", str(folder / "bare.db"), str(port)], port) as running:
        yield running


@dataclass(frozen=True)
class Asked:
    """A round that is open now, and the links of everybody invited; neighbours sit in different organizations."""

    round_id: str
    secrets: tuple[str, ...]


def fill(folder: Path, people: int, *, one_page: bool, url: str = "") -> Asked:
    """An open round of five organizations in a database of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    share_fonts(folder)
    url = url or f"sqlite:///{folder / 'rapport.db'}"
    upgrade(url)
    engine, keystore = make_engine(url), Keystore([folder / "keys-a", folder / "keys-b"])
    instrument = ONE_PAGE if one_page else standard_instrument()
    mode = "positions" if one_page else "personal"
    try:
        with transaction(engine) as session:
            members = [make_organization(session, kind=kind) for kind in KINDS]
            partnership = make_partnership(session, members=members, dyadic_mode=mode)
            round_ = make_round(
                session, keystore, partnership=partnership, people=-(-people // 5), instrument=instrument, **_now()
            )
        keys = keystore.load(round_.id)
        with Session(engine) as session:
            invited = list(rounds.invitations_of(session, round_))
            return Asked(round_.id.hex, tuple(personal_secret(keys, one.id) for one in invited[:people]))
    finally:
        engine.dispose()


def _now() -> dict[str, object]:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    return {"opens_at": now - timedelta(days=3), "closes_at": now + timedelta(days=11)}
