"""The demonstration: the large truths are found, others are not invented, and every rule held on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from server.demonstration.door import Door, read_door
from server.demonstration.load import ROUNDS, load
from server.demonstration.programme import PROGRAMME
from surveys import ballots, charter, facts, musts, partnerships, releases, rounds, standing
from surveys.database import make_engine, upgrade
from surveys.keystore import Keystore
from surveys.models import Ballot, Invitation, ReleaseRow, Round
from surveys.releases import Cell, Release

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HEADLINES = ("headline:trust", "headline:transparency", "headline:harmonization")


class Loaded:
    """The demonstration in a database of its own; loaded once for all tests of this file."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'rapport.db'}"
        upgrade(url)
        self.folder, self.engine = folder, make_engine(url)
        self.keystore = Keystore([folder / "keys-a", folder / "keys-b"])
        self.door: Door = load(self.engine, self.keystore, folder, now=NOW)

    def series(self, code: str, audience: str = "all") -> list[Release]:
        with Session(self.engine) as session:
            found = partnerships.find_by_code(session, code)
            assert found is not None
            return releases.series(session, found.id, audience=audience)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    loaded = Loaded(tmp_path_factory.mktemp("demonstration"))
    yield loaded
    loaded.engine.dispose()


def claims(cell: Cell | None) -> int:
    """-1 a fall, 1 a rise, 0 nothing said."""
    if cell is None or cell.low is None or cell.high is None:
        return 0
    return 1 if cell.low > 0 else -1 if cell.high < 0 else 0


def test_it_works(demo):
    assert {truth.code: len(demo.series(truth.code)) for truth in PROGRAMME} == dict.fromkeys(
        (truth.code for truth in PROGRAMME), ROUNDS
    )


def test_dispute_and_recovery_are_found(demo):
    changes = [claims(one.find("change_last", "headline:trust")) for one in demo.series("health")]
    assert changes[2] == -1
    assert 1 in changes[4:]
    assert -1 not in changes[4:]


def test_slide_is_found(demo):
    last = demo.series("education")[-1]
    assert last.find("trend", "headline:trust").word == "falling"
    assert claims(last.find("change_first", "headline:trust")) == -1


def test_sides_that_differ_are_found(demo):
    gaps = [one.find("gap_sides", "headline:transparency") for one in demo.series("water")]
    found = [gap for gap in gaps if claims(gap) == 1 and "pattern" not in gap.flags]
    assert len(found) >= 2
    others = [one.find("gap_sides", "headline:harmonization") for one in demo.series("water")]
    assert not any(claims(gap) and "pattern" not in gap.flags for gap in others)


def test_too_small_a_partnership_shows_nothing(demo):
    for one in demo.series("irrigation", "facilitator"):
        shown = [c for c in one.cells if c.estimate in ("level", "change_last") and c.value is not None]
        assert shown == []
        assert one.comments == ()


def test_changed_wording_breaks_the_series(demo):
    fourth = demo.series("finance")[3]
    assert fourth.find("change_last", "headline:transparency").reason == "broken_series"
    assert fourth.find("change_last", "headline:trust").reason != "broken_series"
    assert [marker.note for marker in fourth.markers if marker.kind == "instrument_version"] == ["T"]
    assert demo.series("finance")[-1].find("trend", "headline:transparency").word == "too_few_rounds"


def test_nothing_is_invented_where_nothing_happened(demo):
    quiet = [demo.series(code) for code in ("agriculture", "protection", "decentralization")]
    trends = [one[-1].find("trend", target).word for one in quiet for target in HEADLINES]
    assert set(trends) <= {"no_claim", "too_few_rounds"}
    changes = [claims(one.find("change_last", t)) for series in quiet for one in series for t in HEADLINES]
    assert sum(map(abs, changes)) <= 6  # 45 intervals of 95 %


def test_levels_lie_where_the_model_put_them(demo):
    for code, level in (("protection", 72), ("agriculture", 58)):
        last = demo.series(code)[-1]
        values = [last.find("level", target).value for target in HEADLINES]
        assert all(value is None or abs(value - level) < 12 for value in values)


def test_answers_and_keys_are_gone(demo):
    with Session(demo.engine) as session:
        open_round = session.exec(select(Round).where(Round.state == "open")).one()
        assert {ballot.round_id for ballot in session.exec(select(Ballot))} == {open_round.id}
        closed = session.exec(select(Round).where(Round.state != "open")).all()
        assert {one.keys_state for one in closed} == {"destroyed"}
        assert not any(demo.keystore.holds(one.id) for one in closed)
        assert len(closed) == len(PROGRAMME) * ROUNDS


def test_links_open_the_open_round(demo):
    assert read_door(demo.folder) == demo.door
    assert len({secret for _, _, secret in demo.door.links}) == 3
    with Session(demo.engine) as session:
        open_round = session.exec(select(Round).where(Round.state == "open")).one()
        who = ballots.who_cast(session, open_round, demo.keystore.load(open_round.id))
        invited = session.exec(select(Invitation.id).where(Invitation.round_id == open_round.id)).all()
        assert len(set(invited) - who) >= 3


def test_releases_are_as_they_were_stored(demo):
    with Session(demo.engine) as session:
        assert all(releases.verify(row) for row in session.exec(select(ReleaseRow)))


def test_no_cell_below_the_floors(demo):
    for truth in PROGRAMME:
        for one in demo.series(truth.code, "facilitator"):
            for cell in one.cells:
                if cell.n is not None and cell.estimate == "level" and cell.value is not None:
                    assert cell.n >= 5


def test_nobody_writes_the_same(demo):
    texts = [comment.text for comment in demo.series("health", "facilitator")[-1].comments]
    assert len(texts) >= 3
    assert len(set(texts)) == len(texts)


def test_agreements_mark_the_trend(demo):
    fourth = demo.series("health")[3]
    assert [marker.kind for marker in fourth.markers] == ["agreement", "agreement"]  # of a finding, of a dispute
    step = demo.series("health")[-1].find("step_event", "headline:trust")
    assert step.word == fourth.markers[-1].on.isoformat()


def test_lenders_hidden_where_one_ngo_could_be_subtracted(demo):
    found = [one.find("level", target, "lending_un_bilateral") for one in demo.series("health") for target in HEADLINES]
    assert {cell.reason for cell in found} == {"differencing"}


def test_every_partnership_is_agreed_and_may_open_rounds(demo):
    with Session(demo.engine) as session:
        for truth in PROGRAMME:
            found = partnerships.find_by_code(session, truth.code)
            assert found is not None
            now = standing.look(session, found, NOW.date())
            assert musts.broken(now, "activation") == musts.broken(now, "round") == []
            assert now.in_force is not None
            assert len(now.body()["clauses"]) == 4
            assert [len(facts.of_round(session, one.id)) for one in rounds.of_partnership(session, found.id)][
                :ROUNDS
            ] == [11] * ROUNDS


def test_the_amendment_after_the_dispute_is_an_event(demo):
    with Session(demo.engine) as session:
        health = partnerships.find_by_code(session, "health")
        assert health is not None
        kinds = [one.kind for one in charter.events(session, health.id)]
    assert kinds.count("charter_signed") == kinds.count("charter_amended") == 1
    assert kinds.count("phase_changed") == 3
