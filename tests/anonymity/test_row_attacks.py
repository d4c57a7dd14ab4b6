"""What rows alone give away: digests that could be guessed, and answers told apart by the partner nobody rates."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, inspect, text
from sqlmodel import Session, select

from server.opening import open_round
from surveys import ballots, rounds
from surveys.database import transaction
from surveys.instruments import standard_instrument
from surveys.models import CommentRow, Invitation, Response, Round
from tests.factories import NOW, make_partnership, make_round, payload_of

OPENED = NOW + timedelta(days=12)
KINDS = (
    b"ballot|",
    b"draft|",
    b"draft-ballot|",
    b"position|",
    b"reminder|",
    b"reminder|1|",
    b"invitation|",
    b"link",
    b"receipt",
    b"",
)


def everything_in(engine: Engine) -> str:
    """Every value of every table, bytes as hexadecimal digits, in one long line."""
    held = []
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                held += [one.hex() if isinstance(one, bytes) else str(one) for one in row]
    return " ".join(held).replace("-", "").lower()


def guesses(round_: Round, invitation: Invitation, known: list[bytes]) -> Iterator[str]:
    """Whatever can be hashed out of what the database says about a person, with and without the usual keys."""
    inputs = [
        invitation.id.bytes,
        invitation.id.hex.encode(),
        str(invitation.id).encode(),
        invitation.email.encode(),
        invitation.person.encode(),
        invitation.organization_id.bytes,
    ]
    keys = [b"", b"\0" * 32, round_.id.bytes, round_.public_key, bytes.fromhex(round_.seed), round_.frozen, *known]
    for value, kind in product(inputs, KINDS):
        for algorithm in ("sha256", "sha1", "md5"):
            yield hashlib.new(algorithm, kind + value).hexdigest()[:32]
        for key in keys:
            yield hmac.digest(key, kind + value, "sha256")[:16].hex()


@pytest.fixture
def answered(fresh_engine, keystore) -> Round:
    """An open round: one half handed in, the other half drafted."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore)
        keys = keystore.load(round_.id)
        for at, one in enumerate(rounds.invitations_of(session, round_)):
            if at % 2:
                ballots.cast(session, round_, keys, one.id, payload_of(one, R1=at))
            else:
                device = ballots.new_device_secret()
                ballots.save_draft(session, round_, keys, one.id, f"secret {at}", device, {"answers": {"R1": at}})
    return round_


def found_by(engine: Engine, round_: Round, known: list[bytes]) -> set[str]:
    """Who is tied to a row by a guess."""
    held = everything_in(engine)
    with Session(engine) as session:
        people = list(rounds.invitations_of(session, round_))
    own = {one.id.hex for one in people}
    return {
        one.email for one in people if any(guess in held for guess in guesses(round_, one, known) if guess not in own)
    }


def test_no_stored_digest_can_be_guessed(fresh_engine, keystore, answered):
    assert found_by(fresh_engine, answered, []) == set()


def test_with_the_pepper_the_guesses_hit(fresh_engine, keystore, answered):
    """The control: the attack is the right one, only the keystore stands in its way."""
    with Session(fresh_engine) as session:
        everybody = {one.email for one in rounds.invitations_of(session, answered)}
    assert found_by(fresh_engine, answered, [keystore.load(answered.id).pepper]) == everybody


def test_no_digest_of_a_release_is_one_of_answers(fresh_engine, keystore):
    """Scales are short: a digest over opened answers would be guessed in a second. Theirs are over sealed boxes."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore)
        keys = keystore.load(round_.id)
        payloads = [payload_of(one, R1=5) for one in rounds.invitations_of(session, round_)]
        for one, payload in zip(rounds.invitations_of(session, round_), payloads, strict=True):
            ballots.cast(session, round_, keys, one.id, payload)
        rounds.close(session, round_, keystore, now=OPENED)
    open_round(fresh_engine, keystore, round_.id, now=OPENED)
    held = everything_in(fresh_engine)
    options = [{"sort_keys": keyed, "separators": pair} for keyed in (True, False) for pair in ((",", ":"), None)]
    bodies = [payloads, sorted(payloads, key=str), *payloads, *({"R1": point} for point in range(11))]
    texts = [json.dumps(body, **given).encode() for body in bodies for given in options]
    assert not [one for one in texts if hashlib.sha256(one).hexdigest() in held]


@pytest.mark.parametrize("mode", ["positions", "personal"])
def test_nobody_is_told_by_the_partner_they_do_not_rate(fresh_engine, keystore, mode):
    """Everybody rates all partners but their own: rows that held these ratings would each name their organization."""
    instrument = standard_instrument()
    items = [one.code for one in instrument.items if one.construct_code in {"R", "T"}]
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session, dyadic_mode=mode, instrument_code="pti-1")
        round_ = make_round(session, keystore, partnership=partnership, instrument=instrument)
        keys = keystore.load(round_.id)
        for at, one in enumerate(rounds.invitations_of(session, round_)):
            payload = payload_of(one, **{code: (at + place) % 11 for place, code in enumerate(items)})
            if mode == "personal":
                others = set(round_.invited) - {str(one.organization_id)}
                payload["dyads"] = {other: {"D0": "some", "D1": at % 11, "D7": at % 11} for other in others}
            payload["comments"] = [{"topic": "T", "kind": "O1", "text": "Meet earlier", "audience": "all"}]
            ballots.cast(session, round_, keys, one.id, payload)
        rounds.close(session, round_, keystore, now=OPENED)
    open_round(fresh_engine, keystore, round_.id, now=OPENED)
    with Session(fresh_engine) as session:
        rows = [one.answers for one in session.exec(select(Response))]
        comments = [one.model_dump(mode="json") for one in session.exec(select(CommentRow))]
    said = json.dumps(rows + comments)
    assert rows
    assert {code for row in rows for code in row} <= set(items)
    assert not [one for one in round_.invited if one in said or one.replace("-", "") in said]
    assert not {"organization", "side", "language", "dyads", "background", "importance"} & {
        key for row in rows + comments for key in row
    }
