"""Rows of a reminder, attacked: whoever has every table, at every moment of the mailing, learns how many, never who."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from itertools import product

import pytest
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from sqlalchemy import inspect, text
from sqlmodel import Session, select

from server.mail import Post
from server.mailing import Composer
from server.sending import Office, fill_outbox, send_due
from surveys import ballots, mailings, rounds
from surveys.database import transaction
from surveys.models import Invitation, Mailing, OutboxRow
from tests.factories import NOW, make_round, payload_of
from tests.post_office import open_post_office


@pytest.fixture
def reminded(fresh_engine, keystore):
    """Five of eight have answered; the rows of the first reminder lie in the outbox."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, opens_at=NOW - timedelta(days=7), closes_at=NOW + timedelta(days=7))
        for one in list(rounds.invitations_of(session, round_))[:5]:
            ballots.cast(session, round_, keystore.load(round_.id), one.id, payload_of(one, T1=5))
        for mailing in session.exec(select(Mailing).where(Mailing.kind == "invitation")):
            mailing.sent = 8
    fill_outbox(fresh_engine, keystore, now=NOW)
    return round_


def everything(engine):
    """Every value of every table as bytes: what an attacker may try as a secret."""
    found = set()
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                for value in row:
                    whole = value if isinstance(value, bytes) else str(value).encode()
                    found.add(whole)
                    if len(whole) in (32, 36, 64):
                        plain = whole.replace(b"-", b"")
                        try:
                            found.add(bytes.fromhex(plain.decode("ascii")))
                        except ValueError:
                            continue
    return {value for value in found if value}


def test_no_stored_secret_finds_a_row(fresh_engine, reminded):
    with Session(fresh_engine) as session:
        rows = session.exec(select(OutboxRow)).all()
        people = session.exec(select(Invitation.id)).all()
        mailing_ids = {row.mailing_id for row in rows}
    assert len(rows) == 8
    ids = {row.id for row in rows}
    secrets = everything(fresh_engine)
    names = [f"reminder|{number}|".encode() for number in range(3)]
    for secret, name, person in product(secrets, names, people):
        assert hmac.digest(secret, name + person.bytes, "sha256")[:16] not in ids
    keys = {hmac.digest(secret, b"outbox" + one.bytes, "sha256") for secret in secrets for one in mailing_ids}
    keys |= {hashlib.sha256(b"everybody" + one.bytes).digest() for one in mailing_ids}
    for key, row in product(keys, rows):
        with pytest.raises(CryptoError):
            SecretBox(key).decrypt(row.box)


def test_control_the_keys_do_find_them(fresh_engine, keystore, reminded):
    """With the keystore the same attack finds everybody: it is the right one."""
    pepper = keystore.load(reminded.id).pepper
    with Session(fresh_engine) as session:
        ids = {row.id for row in session.exec(select(OutboxRow))}
        people = session.exec(select(Invitation.id)).all()
    found = {hmac.digest(pepper, b"reminder|1|" + one.bytes, "sha256")[:16] for one in people}
    assert found == ids


def test_people_without_an_address_have_rows_like_all(fresh_engine, keystore, reminded):
    """One of the three who have not answered, and one of the five who have, get letters: eight rows, two mails."""
    with transaction(fresh_engine) as session:
        listed = list(rounds.invitations_of(session, reminded))
        listed[0].email = listed[-1].email = None
    with Session(fresh_engine) as session:
        rows = session.exec(select(OutboxRow)).all()
        assert (len(rows), len({len(row.box) for row in rows})) == (8, 1)
    with open_post_office() as mailbox:
        settings = mailbox.settings()
        assert (
            send_due(Office(fresh_engine, keystore, settings, Composer(settings), Post(settings), NOW), limit=99).sent
            == 2
        )
    with Session(fresh_engine) as session:
        assert session.exec(select(OutboxRow)).all() == []
        (sent, _) = [one.sent for one in mailings.of_round(session, reminded) if one.kind == "reminder"]
    assert sent == 2


def test_snapshots_while_it_is_sent(fresh_engine, keystore, reminded):
    """A copy after every mail: rows go one by one, a number counts up to three, and no other table moves."""
    watched = ("invitation", "round", "ballot", "draft", "audit", "delivery", "round_plan", "plain_mail", "release")
    seen = []

    def snapshot(_point="", *_):
        with fresh_engine.connect() as connection:
            tables = {one: connection.execute(text(f'SELECT * FROM "{one}"')).all() for one in watched}
            rows = connection.execute(text("SELECT id, box FROM outbox")).all()
        seen.append((str(tables), len(rows), {len(row.box) for row in rows}))

    with open_post_office() as mailbox:
        settings = mailbox.settings()
        office = Office(fresh_engine, keystore, settings, Composer(settings), Post(settings), NOW, snapshot)
        snapshot()
        assert send_due(office, limit=99).sent == 3
        snapshot()
    assert len({tables for tables, _, _ in seen}) == 1
    assert {size for _, _, sizes in seen for size in sizes} == {16 + SecretBox.NONCE_SIZE + SecretBox.MACBYTES}
    assert (seen[0][1], seen[-1][1]) == (8, 0)
    with Session(fresh_engine) as session:
        counts = [one.sent for one in mailings.of_round(session, reminded) if one.kind == "reminder"]
    assert counts == [3, None]
