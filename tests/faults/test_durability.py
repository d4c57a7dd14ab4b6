"""Nothing acknowledged is ever lost or doubled: the quick version of `python3 run.py faults`, with real processes."""

from __future__ import annotations

import random
import resource
import socket
import sqlite3
import threading
import time

import pytest

from tests.bench._http import Browser
from tests.faults._field import ask, kill_often, life, people
from tests.faults._proxy import proxy

NOTHING = {"lost": 0, "twice": 0, "never sent": 0, "gave up": 0}


@pytest.fixture
def ledger(tmp_path):
    return ask(tmp_path, 10)


def test_killed_under_load(tmp_path, ledger):
    with life(tmp_path) as server, people(ledger, lambda: server.address, times=3) as done:
        killed = kill_often([server], done, 4, random.Random(1))
    assert killed >= 1
    assert ledger.compare(tmp_path) == NOTHING
    assert ledger.replies == 30


def test_line_that_drops_cuts_and_doubles(tmp_path, ledger):
    with life(tmp_path) as server, proxy([server.address], chaos=random.Random(2)) as line:
        with people(ledger, lambda: line.address, times=2, pause=0.01):
            pass
        assert {"twice", "drop answer", "cut request"} <= set(line.done)
    assert ledger.compare(tmp_path) == NOTHING


def test_disk_full(tmp_path, ledger):
    """No file may grow: nothing is acknowledged, nothing breaks; with room again everything is taken."""
    with life(tmp_path) as server:
        limit = server.pid_file.with_suffix(".fsize")
        limit.write_text(str(128 * 1024))  # some answers fit into the log of the database, then none
        server.kill()
        with people(ledger, lambda: server.address, times=5, pause=0.05) as done:
            for _ in range(200):
                if done() or ledger.tries > ledger.replies + 20:
                    break
                time.sleep(0.05)
            refused = not done()
            limit.unlink()
            server.kill()
    assert refused
    assert ledger.compare(tmp_path) == NOTHING


def test_database_locked_by_another_program(tmp_path, ledger):
    with life(tmp_path) as server:
        other = sqlite3.connect(tmp_path / "rapport.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.7, lambda: other.execute("COMMIT")).start()
        with people(ledger, lambda: server.address):
            pass
    assert ledger.compare(tmp_path) == NOTHING
    assert ledger.tries <= 2 * ledger.replies  # they waited for the lock, they were not sent away


def test_slow_and_silent_clients_hold_nobody_up(tmp_path, ledger):
    """Two hundred lines that say nothing or half a request; everybody else is served."""
    with life(tmp_path) as server:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 1024)), hard))
        silent = [socket.create_connection(server.address, timeout=5) for _ in range(200)]
        for at, line in enumerate(silent):
            line.sendall((b"", b"GET /i HT", b"POST /i HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\na")[at % 3])
        with people(ledger, lambda: server.address):
            pass
        with Browser(server.address) as browser:
            assert browser.get("/healthz").body == b"alive"
        for line in silent:
            line.close()
    assert ledger.compare(tmp_path) == NOTHING
