"""The opening job: what it computes, keeps and deletes, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from server.opening import open_round
from server.shredding import shred
from surveys import ballots, releases, rounds
from surveys.database import transaction
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from surveys.models import (
    Ballot,
    CarryOver,
    CommentRow,
    Draft,
    Invitation,
    Partnership,
    ReleaseRow,
    Response,
    Round,
)
from surveys.problems import KeysMissing, OpeningFailed
from surveys.rounds import EXTENSION
from tests.factories import NOW, make_partnership, make_round, payload_of

INSTRUMENT = standard_instrument()
CLOSED = NOW + timedelta(days=12)


def answers_of(person: int, shift: float = 0) -> dict[str, int]:
    found = {}
    for at, item in enumerate(INSTRUMENT.items):
        found[item.code] = int(min(10, max(0, (7 * person + 3 * at + person * at) % 9 + 1 + shift)))
    return found


def close_with(
    engine: Engine,
    keystore: Keystore,
    *,
    people: int = 3,
    shift: float = 0,
    partnership: Partnership | None = None,
    later: int = 0,
) -> Round:
    """A closed round of four organizations whose people all answered, `later` days after the first."""
    with transaction(engine) as session:
        moved = timedelta(days=later)
        round_ = make_round(
            session,
            keystore,
            people=people,
            instrument=INSTRUMENT,
            partnership=partnership and session.merge(partnership),
            opens_at=NOW - timedelta(days=3) + moved,
            closes_at=NOW + timedelta(days=11) + moved,
        )
        keys = keystore.load(round_.id)
        for at, one in enumerate(rounds.invitations_of(session, round_)):
            payload = payload_of(one, **answers_of(at, shift))
            payload["comments"] = [{"topic": "T", "kind": "O1", "text": f"text {at}", "audience": "all"}]
            ballots.cast(session, round_, keys, one.id, payload)
        positions(session, round_, keystore)
        assert rounds.close(session, round_, keystore, now=round_.closes_at + timedelta(hours=2)) == "closed"
        return round_


def positions(session: Session, round_: Round, keystore: Keystore) -> None:
    ids = list(round_.invited)
    said = {"D0": "some", "D1": 7, "D2": 6, "D5": 8, "D7": 7, "D8": 5}
    for rater in ids:
        ratings = {other: said for other in ids if other != rater}
        payload = {"organization": rater, "ratings": ratings, "single_informant": False}
        ballots.cast_position(session, round_, keystore.load(round_.id), UUID(rater), payload)


def release_of(engine: Engine, round_: Round, audience: str = "all") -> releases.Release:
    with Session(engine) as session:
        return releases.series(session, round_.partnership_id, audience=audience)[-1]


def plain_level(construct: str, people: int = 12, per_organization: int = 3) -> float:
    """The mean over organizations of the mean over people, by hand."""
    items = [(at, item) for at, item in enumerate(INSTRUMENT.items) if item.construct_code == construct]
    scores = []
    for person in range(people):
        given = answers_of(person)
        turned = [10 - given[item.code] if item.reverse else given[item.code] for _, item in items]
        scores.append(10 * sum(turned) / len(turned))
    groups = [scores[at : at + per_organization] for at in range(0, people, per_organization)]
    return sum(sum(group) / len(group) for group in groups) / len(groups)


def test_it_works(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    assert open_round(fresh_engine, keystore, round_.id, now=CLOSED) == "released"
    found = release_of(fresh_engine, round_)
    level = found.find("level", "construct:T")
    assert level is not None
    assert level.value == pytest.approx(plain_level("T"), abs=0.5)
    assert level.low <= level.value <= level.high
    assert found.find("response_people", "partnership").value == 100
    assert found.provenance["people"] == 12


def test_answers_leave_the_box(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    with Session(fresh_engine) as session:
        assert session.exec(select(Ballot)).all() == []
        assert session.exec(select(Draft)).all() == []
        assert {one.token_hash for one in session.exec(select(Invitation))} == {None}
        rows = session.exec(select(Response)).all()
        assert {row.construct_code for row in rows} == set("VGTHLRS")
        assert len(rows) == 12 * 7
        assert all(len({code[0] for code in row.answers}) == 1 for row in rows)
        assert len(session.exec(select(CommentRow)).all()) == 12
        assert session.get(Round, round_.id).keys_state == "shred_pending"


def test_responses_are_stored_in_random_order(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    with Session(fresh_engine) as session:
        rows = session.exec(select(Response).where(Response.construct_code == "T")).all()
        given = [{code: answers_of(at)[code] for code in row.answers} for at, row in enumerate(rows)]
        assert [row.answers for row in rows] != given


def test_opened_twice_is_opened_once(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert open_round(fresh_engine, keystore, round_.id, now=CLOSED) == "released"
    with Session(fresh_engine) as session:
        assert len(session.exec(select(ReleaseRow)).all()) == 1


def test_change_is_paired_through_the_box(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session)
    first = close_with(fresh_engine, keystore, partnership=partnership)
    open_round(fresh_engine, keystore, first.id, now=CLOSED)
    second = close_with(fresh_engine, keystore, partnership=partnership, shift=-2, later=180)
    open_round(fresh_engine, keystore, second.id, now=CLOSED + timedelta(days=180))
    change = release_of(fresh_engine, second).find("change_last", "construct:V")
    assert change.value is not None
    assert change.value < 0
    with Session(fresh_engine) as session:
        assert session.get(CarryOver, partnership.id).round_id == second.id


def test_lost_pairing_key_loses_no_answer(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        partnership = make_partnership(session)
    first = close_with(fresh_engine, keystore, partnership=partnership)
    open_round(fresh_engine, keystore, first.id, now=CLOSED)
    keystore.destroy_carry_over(first.id)
    second = close_with(fresh_engine, keystore, partnership=partnership, later=180)
    assert open_round(fresh_engine, keystore, second.id, now=CLOSED + timedelta(days=180)) == "released"
    assert release_of(fresh_engine, second).find("change_last", "construct:V") is None


def test_too_few_answers_open_nothing(fresh_engine, keystore):
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, instrument=INSTRUMENT)
        (somebody, *_) = rounds.invitations_of(session, round_)
        ballots.cast(session, round_, keystore.load(round_.id), somebody.id, payload_of(somebody, **answers_of(1)))
        positions(session, round_, keystore)
        round_.extended, round_.closes_at = True, round_.closes_at + EXTENSION
        rounds.close(session, round_, keystore, now=round_.closes_at + timedelta(hours=2))
    assert open_round(fresh_engine, keystore, round_.id, now=CLOSED) == "not_opened"
    found = release_of(fresh_engine, round_, "facilitator")
    assert found.find("level", "construct:T").reason == "too_few"
    assert [marker.kind for marker in found.markers] == ["no_release"]
    assert found.find("reciprocity", "partnership").value is not None
    with Session(fresh_engine) as session:
        assert session.exec(select(Response)).all() == []
        assert session.exec(select(Ballot)).all() == []


def test_a_wrong_second_opinion_keeps_it_sealed(fresh_engine, keystore, monkeypatch):
    round_ = close_with(fresh_engine, keystore)
    monkeypatch.setattr("server.opening_checks._plain_level", lambda *_: 1.0)
    with pytest.raises(OpeningFailed, match="stays sealed"):
        open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).state == "closed"
        assert ballots.count(session, round_.id) == 16


def test_shredding_destroys_keys_last(fresh_engine, keystore, tmp_path):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert keystore.holds(round_.id)
    assert shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED) == 1
    with pytest.raises(KeysMissing):
        keystore.load(round_.id)
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).keys_state == "destroyed"
    assert len(list((tmp_path / "backups").glob("*.db"))) == 1
    assert shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED) == 0


def test_trust_received_stands_beside_trust(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    found = release_of(fresh_engine, round_).find("received", "partnership")
    assert found.value == 70  # D1, D2, D5 of everybody about everybody: 7, 6 and 8
    assert release_of(fresh_engine, round_).find("received", "partnership", "national").reason == "too_few"


def test_facilitator_sees_the_matrix_partners_do_not(fresh_engine, keystore):
    round_ = close_with(fresh_engine, keystore)
    open_round(fresh_engine, keystore, round_.id, now=CLOSED)
    assert not any(cell.target.startswith("pair:") for cell in release_of(fresh_engine, round_).cells)
    matrix = [c for c in release_of(fresh_engine, round_, "facilitator").cells if c.target.startswith("pair:")]
    assert sum(cell.estimate == "rating" for cell in matrix) == 12
