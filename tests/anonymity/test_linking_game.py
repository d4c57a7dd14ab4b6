"""The linking game: who has the database, and a copy of it after every submit, links nobody to an answer.

The attacker also knows who handed in when, as whoever watches the network does; only the keystore is out of reach.
They order people by anything the copies show, order the opened answers by anything their rows and pages show, and
match the two. Each such match must be no better than chance. A table that forgets to hide its order is the control.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, product
from math import sqrt
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from server import opening
from server.shredding import clean
from surveys import ballots, rounds
from surveys.database import transaction
from surveys.models import Response, Round
from tests.factories import make_organization, make_partnership, make_round, payload_of

N = 10  # people in a round, one per organization: a harder game than the platform allows
Ranking = dict[str, list[int]]  # what an order is called -> people, by their number, in that order


@dataclass
class Played:
    """One round after its opening: people in the orders an attacker can see, answers in theirs."""

    people: Ranking
    answers: Ranking


def pages_of(engine: Engine) -> bytes:
    """Every byte of the database's files; PostgreSQL keeps its own."""
    if engine.dialect.name != "sqlite":
        return b""
    path = Path(str(engine.url.database))
    return b"".join(one.read_bytes() for one in (path, path.with_name(path.name + "-wal")) if one.exists())


def rows_of(engine: Engine, table: str) -> list[Any]:
    """The rows as the database gives them when nobody asks for an order, with what PostgreSQL adds to each."""
    hidden = "ctid::text, xmin::text::bigint, " if engine.dialect.name == "postgresql" else ""
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT {hidden}* FROM {table}")).mappings())


def others(engine: Engine) -> dict[str, list[Any]]:
    """The tables a submit must leave alone."""
    tables = ("invitation", "round", "partnership", "membership", "organization", "account", "audit", "release")
    return {table: rows_of(engine, table) for table in tables}


def submit_all(engine: Engine, keystore: Any, round_: Round, order: Sequence[int]) -> Ranking:
    """Everybody hands in an answer of their own, in this order; what the copies show of it."""
    keys = keystore.load(round_.id)
    with Session(engine) as session:
        everybody = list(rounds.invitations_of(session, round_))
    before, known, owner = others(engine), set(), {}
    for person in order:
        secret, device = f"secret {person}", ballots.new_device_secret()
        one = everybody[person]
        with transaction(engine) as session:
            ballots.save_draft(session, round_, keys, one.id, secret, device, {"answers": {"R1": person}})
        with transaction(engine) as session:
            ballots.cast(session, round_, keys, one.id, payload_of(one, R1=person, T1=person))
        now = {row["id"] for row in rows_of(engine, "ballot") if row["round_id"] in (round_.id, round_.id.hex)}
        (new,) = now - known
        known, owner[new] = now, person
    assert others(engine) == before
    assert len({len(row["box"]) for row in rows_of(engine, "ballot")}) == 1
    image = pages_of(engine)
    seen = {
        "arrival": list(order),
        "invitation": sorted(range(N), key=lambda person: everybody[person].id.bytes),
        "list": list(range(N)),
        "ballot id": [owner[one] for one in sorted(owner)],
        "ballot row": [owner[row["id"]] for row in rows_of(engine, "ballot") if row["id"] in owner],
    }
    if image:
        seen["ballot offset"] = [owner[one] for one in sorted(owner, key=image.rfind)]
    return seen


def opened_rows(engine: Engine, round_: Round) -> Ranking:
    """The answers of one construct in every order their rows and pages show."""
    rows = [row for row in rows_of(engine, "response") if row["round_id"] in (round_.id, round_.id.hex)]
    image = pages_of(engine)
    with Session(engine) as session:
        said = {one.id.hex: one.answers for one in session.exec(select(Response)) if one.round_id == round_.id}
    orders: Ranking = {}
    for construct, item in (("R", "R1"), ("T", "T1")):
        mine = [row for row in rows if row["construct"] == construct]
        ids = [str(row["id"]).replace("-", "") for row in mine]
        by: dict[str, Callable[[str], Any]] = {"row": ids.index, "id": str}
        if image:
            by |= {"first offset": lambda one: image.find(one.encode()), "last": lambda one: image.rfind(one.encode())}
        else:
            by["xmin"] = lambda one, m=mine, i=ids: (m[i.index(one)]["xmin"], m[i.index(one)]["ctid"])
        for name, key in by.items():
            orders[f"{construct} {name}"] = [said[one][item] for one in sorted(ids, key=key)]
    return orders


def play(engine: Engine, keystore: Any, *, vacuums: bool = False) -> Played:
    kinds = ("central_government", "donor_country")
    with transaction(engine) as session:
        members = [make_organization(session, kind=kinds[n % 2]) for n in range(N)]
        partnership = make_partnership(session, members=members, pairing=False)
        round_ = make_round(session, keystore, partnership=partnership, people=1)
    people = submit_all(engine, keystore, round_, random.SystemRandom().sample(range(N), N))
    with transaction(engine) as session:
        late = round_.closes_at + timedelta(hours=2)
        assert rounds.close(session, session.get_one(Round, round_.id), keystore, now=late) == "closed"
    assert opening.open_round(engine, keystore, round_.id, now=late) == "released"
    answers = opened_rows(engine, round_)
    if vacuums:
        clean(engine)
        answers |= {f"{name} after cleaning": order for name, order in opened_rows(engine, round_).items()}
    return Played(people, answers)


def hits(people: Sequence[int], answers: Sequence[int]) -> int:
    return sum(person == answer for person, answer in zip(people, answers, strict=True))


def best_attack(games: Sequence[Played]) -> tuple[float, str]:
    """The share of people that the most successful way of matching links to their answers."""
    first = games[0]
    ways = product(first.people, first.answers, (1, -1))
    shares = {
        f"{mine} × {theirs} × {turn}": sum(hits(game.people[mine], game.answers[theirs][::turn]) for game in games)
        / (N * len(games))
        for mine, theirs, turn in ways
    }
    way = max(shares, key=lambda name: shares[name])
    return shares[way], way


@pytest.fixture
def without_estimates(monkeypatch):
    """The game is about rows: what is computed from them has tests of its own, and takes a second a round."""
    monkeypatch.setattr(opening, "_released", lambda _session, opened, _given: opening._without_answers(opened))


def assert_no_better_than_chance(games, allowance):
    share, way = best_attack(games)
    assert share <= 1 / N + allowance, way


def test_nobody_is_linked(fresh_engine, keystore, without_estimates):
    """Short: 24 rounds; five standard errors of the share are allowed, as some two hundred ways are tried."""
    games = [play(fresh_engine, keystore, vacuums=True) for _ in range(24)]
    assert_no_better_than_chance(games, 5 / sqrt(N * N * len(games)))


@pytest.mark.slow
def test_nobody_is_linked_in_many_rounds(fresh_engine, keystore, without_estimates):
    games = [play(fresh_engine, keystore) for _ in range(400)]
    assert_no_better_than_chance(games, 0.02)


def test_control_rows_that_keep_their_order(fresh_engine, keystore, without_estimates, monkeypatch):
    """Without the shuffle and with ids that count, the same attacker links everybody."""
    numbers = count(1)

    def counted(row):
        row.id = UUID(int=next(numbers))
        return row.id

    monkeypatch.setattr(opening.random.SystemRandom, "shuffle", lambda self, rows: rows)
    monkeypatch.setattr(opening, "_random_id", counted)
    share, way = best_attack([play(fresh_engine, keystore) for _ in range(3)])
    assert share == 1, way
