"""Several processes send at once, and one is killed between sending and marking: nobody gets a mail twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from server.mail import Post
from server.mailing import Composer
from server.sending import Office, fill_outbox, send_due
from surveys import mailings, rounds
from surveys.database import transaction
from surveys.models import Mailing, OutboxRow
from tests.factories import NOW, make_round
from tests.post_office import open_post_office

ROOT = Path(__file__).resolve().parents[2]
# A process of its own: fills the outbox, says that it is ready, waits for the others, sends; dies where it is told to
SENDER = """
import os, sys
from datetime import datetime
from pathlib import Path
from server.mail import Post
from server.mailing import Composer
from server.sending import Office, fill_outbox, send_due
from server.settings import Settings
from surveys.database import make_engine
from surveys.keystore import Keystore

url, port, now, die_at, *replicas = sys.argv[1:]
settings = Settings(mail_host="127.0.0.1", mail_port=int(port), mail_security="none", mail_from="r@example.org")
engine, keystore, now = make_engine(url), Keystore([Path(one) for one in replicas]), datetime.fromisoformat(now)
passed = []

def reached(point):
    passed.append(point)
    if point == die_at and passed.count(point) == 3:
        os._exit(9)

print("ready", flush=True)
sys.stdin.readline()
fill_outbox(engine, keystore, now=now)
send_due(Office(engine, keystore, settings, Composer(settings), Post(settings), now, reached), limit=1000)
"""


@pytest.fixture
def mailbox():
    with open_post_office() as office:
        yield office


@pytest.fixture
def start(fresh_url, keystore, mailbox):
    """Start so many senders and let them go at once; their exit codes."""

    def senders(count, *, now=NOW, die_at="never"):
        replicas = [str(one) for one in keystore.replicas]
        command = [sys.executable, "-c", SENDER, fresh_url, str(mailbox.port), now.isoformat(), die_at, *replicas]
        given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running = [subprocess.Popen(command, cwd=ROOT, **given) for _ in range(count)]
        for one in running:
            assert one.stdout.readline() == "ready\n"
        for one in running:
            one.stdin.write("go\n")
            one.stdin.flush()
        ended = [one.communicate(timeout=120) for one in running]
        codes = [one.returncode for one in running]
        assert set(codes) <= {0, 9}, ended
        return codes

    return senders


@pytest.fixture
def asked(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        return make_round(session, keystore, people=10, opens_at=NOW, closes_at=NOW + timedelta(days=14))


def left_in_the_outbox(engine):
    with Session(engine) as session:
        return len(session.exec(select(OutboxRow)).all())


def sent(engine):
    with Session(engine) as session:
        return session.exec(select(Mailing.sent).where(Mailing.kind == "invitation")).one()


@pytest.mark.parametrize("processes", [1, 4])
def test_each_mail_once(fresh_engine, mailbox, asked, start, processes):
    assert start(processes) == [0] * processes
    assert len(mailbox.recipients) == 40
    assert set(Counter(mailbox.recipients).values()) == {1}
    assert (left_in_the_outbox(fresh_engine), sent(fresh_engine)) == (0, 40)


def test_killed_between_send_and_mark(fresh_engine, keystore, mailbox, asked, start):
    """Three of four die with a mail that the server has taken; later everybody has exactly one."""
    codes = start(3, die_at="answered")
    assert codes.count(9) >= 1
    settings = mailbox.settings()
    for later in (timedelta(minutes=1), timedelta(hours=1)):
        office = Office(fresh_engine, keystore, settings, Composer(settings), Post(settings), NOW + later)
        fill_outbox(fresh_engine, keystore, now=NOW + later)
        send_due(office, limit=1000)
    assert len(mailbox.recipients) == 40
    assert set(Counter(mailbox.recipients).values()) == {1}
    assert left_in_the_outbox(fresh_engine) == 0
    with Session(fresh_engine) as session:
        unclear = mailings.troubles(session, asked)
        assert {one.outcome for one in unclear.values()} == {"unclear"}
        assert len(unclear) == codes.count(9) == 40 - sent(fresh_engine)
        assert len(list(rounds.invitations_of(session, asked))) == 40
