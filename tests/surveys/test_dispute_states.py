"""The ladder of a dispute, over every state, role and charter: nobody takes a step that is not theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import Session

from surveys import commitments, dispute_parties, disputes
from surveys.commitments import Promise
from surveys.dispute_states import ENDED, ROLES, RUNGS, STATES, moves_from
from surveys.ladder import STANDARD, Ladder
from surveys.partnerships import members_on
from surveys.problems import ChangedMeanwhile, InvalidInput, NotAllowedNow
from tests.factories import make_organization, make_partnership

ladders = st.lists(st.sampled_from(RUNGS), unique=True).map(lambda rungs: sorted(rungs, key=RUNGS.index))


@given(state=st.sampled_from(STATES), ladder=ladders, is_over=st.booleans())
def test_every_move_leads_to_a_state(state, ladder, is_over):
    moves = moves_from(state, ladder, settled_on=ladder[-1] if ladder else "", is_over=is_over)
    assert set(moves) <= set(STATES) - {state, "raised"}
    assert all(roles and roles <= set(ROLES) for roles in moves.values())
    assert bool(moves) == (state != "withdrawn")


@given(ladder=ladders)
def test_every_state_but_the_rungs_left_out_is_reached(ladder):
    reached, ahead = {"raised"}, ["raised"]
    while ahead:
        for to in moves_from(ahead.pop(), ladder, settled_on=ladder[0] if ladder else ""):
            if to not in reached:
                reached.add(to)
                ahead.append(to)
    assert reached == set(STATES) - (set(RUNGS) - set(ladder))


@pytest.mark.parametrize(("state", "role"), list(product(STATES, ROLES)))
def test_who_may_do_what(state, role):
    """The whole table of the standard ladder, before and after the time of a stage has run out."""
    expected = {
        "raised": {"facilitator": {"acknowledged"}, "raiser": {"withdrawn"}},
        "acknowledged": {
            "facilitator": {"direct_talks"},
            "raiser": {"direct_talks", "withdrawn"},
            "party": {"direct_talks"},
        },
        "direct_talks": {"facilitator": {"facilitated", "agreed"}, "raiser": {"withdrawn"}},
        "facilitated": {"facilitator": {"steering_group", "agreed"}, "raiser": {"withdrawn"}},
        "steering_group": {
            "facilitator": {"external", "agreed"},
            "raiser": {"withdrawn"},
            "adjudicator": {"agreed"},
        },
        "external": {"facilitator": {"agreed"}, "raiser": {"withdrawn"}, "adjudicator": {"agreed"}},
        "agreed": {"facilitator": {"monitoring", "facilitated"}, "raiser": {"facilitated"}, "party": {"facilitated"}},
        "monitoring": {"facilitator": {"closed", "facilitated"}, "raiser": {"facilitated"}, "party": {"facilitated"}},
        "closed": {"facilitator": {"facilitated"}, "raiser": {"facilitated"}, "party": {"facilitated"}},
        "withdrawn": {},
    }[state].get(role, set())
    higher = {"direct_talks": "facilitated", "facilitated": "steering_group", "steering_group": "external"}
    for is_over in (False, True):
        moves = moves_from(state, STANDARD.rungs, settled_on="facilitated", is_over=is_over)
        escalates = {higher[state]} if is_over and state in higher and role in ("raiser", "party") else set()
        assert {to for to, roles in moves.items() if role in roles} == expected | escalates


def test_only_people_escalate(session, now):
    """Time runs out: the next rung is proposed, and the dispute stays where it is."""
    dispute, ladder = make_dispute(session, now), STANDARD
    stands = disputes.standing(session, dispute, ladder, (now + timedelta(days=7)).date())
    assert (stands.is_over, stands.proposed) == (False, None)
    stands = disputes.standing(session, dispute, ladder, (now + timedelta(days=8)).date())
    assert (stands.is_over, stands.proposed, dispute.state) == (True, "acknowledged", "raised")


def test_limits_follow_the_charter(session, now):
    ladder = Ladder("Vanna", 3, {"direct_talks": 10, "external": 20})
    dispute = make_dispute(session, now, ladder)
    assert disputes.steps_of(session, dispute.id)[-1].due_on == (now + timedelta(days=3)).date()
    for to in ("acknowledged", "direct_talks", "external"):
        disputes.move(
            session, dispute, to, "facilitator", ladder=ladder, reason="", by="A", seen=dispute.version, now=now
        )
    assert disputes.steps_of(session, dispute.id)[-1].due_on == (now + timedelta(days=20)).date()


def make_dispute(session, now, ladder=STANDARD):
    partnership = make_partnership(session)
    members = [one.id for one in _members(session, partnership, now)]
    return disputes.raise_dispute(
        session,
        partnership_id=partnership.id,
        raised_for=members[0],
        against=[members[1]],
        members=members,
        title="Rules of the pooled fund",
        happened="Money was withdrawn without notice.",
        hoped_for="Notice before each withdrawal.",
        by="Dara",
        ladder=ladder,
        now=now,
    )


def _members(session, partnership, now):
    return [one for _, one in members_on(session, partnership.id, now.date())]


class Life(RuleBasedStateMachine):
    """A dispute lived through at random on a real database; `session` is given by the test."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self.point = self.session.begin_nested()
        self.now = datetime(2026, 6, 15, 9, tzinfo=UTC)
        self.dispute = make_dispute(self.session, self.now)

    def teardown(self) -> None:
        self.point.rollback()

    @rule(to=st.sampled_from(STATES), role=st.sampled_from(ROLES), text=st.sampled_from(["", "We agree."]))
    def move(self, to, role, text):
        before = (self.dispute.state, self.dispute.version, len(self.steps))
        stands = disputes.standing(self.session, self.dispute, STANDARD, self.now.date())
        moves = disputes.moves_of(self.dispute, stands, STANDARD)
        try:
            disputes.move(
                self.session,
                self.dispute,
                to,
                role,
                ladder=STANDARD,
                reason="",
                agreement=text,
                by="A",
                seen=self.dispute.version,
                now=self.now,
            )
        except (NotAllowedNow, InvalidInput):
            assert before == (self.dispute.state, self.dispute.version, len(self.steps))
        else:
            assert role in moves[to]
            assert self.dispute.state == to

    @rule(days=st.integers(1, 40))
    def wait(self, days):
        state = self.dispute.state
        self.now += timedelta(days=days)
        disputes.standing(self.session, self.dispute, STANDARD, self.now.date())
        assert self.dispute.state == state

    @precondition(lambda self: self.dispute.state == "agreed")
    @rule(data=st.data())
    def confirm(self, data):
        party = data.draw(st.sampled_from(dispute_parties.parties_of(self.session, self.dispute.id)))
        if party.left_on is None:
            disputes.confirm(self.session, self.dispute, party.organization_id, person="Dara", today=self.now.date())

    @precondition(lambda self: self.dispute.state not in ENDED)
    @rule()
    def leave(self):
        party = dispute_parties.parties_of(self.session, self.dispute.id)[0]
        if party.left_on is None:
            dispute_parties.remove_party(
                self.session,
                self.dispute,
                party.organization_id,
                reason="Left.",
                seen=self.dispute.version,
                today=self.now.date(),
            )

    @rule()
    def stale_writer(self):
        with pytest.raises(ChangedMeanwhile):
            disputes.move(
                self.session,
                self.dispute,
                "acknowledged",
                "facilitator",
                ladder=STANDARD,
                reason="",
                by="A",
                seen=self.dispute.version - 1,
                now=self.now,
            )

    @property
    def steps(self):
        return disputes.steps_of(self.session, self.dispute.id)

    @invariant()
    def record_is_whole(self):
        steps = self.steps
        assert [step.place for step in steps] == list(range(1, len(steps) + 1))
        assert steps[-1].state == self.dispute.state
        assert all(step.ended_at is not None for step in steps[:-1])
        assert steps[-1].ended_at is None
        assert self.dispute.state not in ("agreed", "monitoring", "closed") or self.dispute.agreement
        if self.dispute.state == "monitoring":
            present = dispute_parties.parties_of(self.session, self.dispute.id, present=True)
            assert all(party.confirmed_on for party in present)


def test_life_of_a_dispute(session):
    class OnThisDatabase(Life):
        pass

    OnThisDatabase.session = session
    quiet = settings(
        max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(OnThisDatabase, settings=quiet)


def agreed_dispute(session, now):
    dispute = make_dispute(session, now)
    for to in ("acknowledged", "direct_talks", "agreed"):
        disputes.move(
            session,
            dispute,
            to,
            "facilitator",
            ladder=STANDARD,
            reason="",
            agreement="Notice of 14 days.",
            by="A",
            seen=dispute.version,
            now=now,
        )
    return dispute


def step(session, dispute, to, now, role="facilitator"):
    disputes.move(session, dispute, to, role, ladder=STANDARD, reason="", by="A", seen=dispute.version, now=now)


def test_every_party_confirms(session, now):
    dispute = agreed_dispute(session, now)
    one, other = dispute_parties.parties_of(session, dispute.id)
    disputes.confirm(session, dispute, one.organization_id, person="Dara", today=now.date())
    with pytest.raises(NotAllowedNow, match="every party"):
        step(session, dispute, "monitoring", now)
    disputes.confirm(session, dispute, other.organization_id, person="Anna", today=now.date())
    step(session, dispute, "monitoring", now)
    step(session, dispute, "direct_talks", now, "party")  # opened again: nobody stands by the old text any more
    assert [party.confirmed_by for party in dispute_parties.parties_of(session, dispute.id)] == ["", ""]


def test_open_commitment_keeps_it_open(session, now):
    dispute = agreed_dispute(session, now)
    owner, other = [party.organization_id for party in dispute_parties.parties_of(session, dispute.id)]
    for one in (owner, other):
        disputes.confirm(session, dispute, one, person="Dara", today=now.date())
    step(session, dispute, "monitoring", now)
    promise = Promise("Give notice", owner, other, now.date() + timedelta(days=5))
    made = commitments.make(
        session, dispute.partnership_id, promise, members=[owner, other], by="A", now=now, dispute_id=dispute.id
    )
    with pytest.raises(NotAllowedNow, match="still open"):
        step(session, dispute, "closed", now)
    commitments.drop(made, "Merged.", seen=1, by="A", now=now)
    step(session, dispute, "closed", now)
    assert dispute.state == "closed"


def test_last_party_is_not_left_alone_in_it(session, now):
    dispute = make_dispute(session, now)
    dispute_parties.remove_party(session, dispute, dispute.raised_for_id, reason="Closed.", seen=1, today=now.date())
    with pytest.raises(NotAllowedNow, match="only one party is left"):
        step(session, dispute, "acknowledged", now)
    step(session, dispute, "withdrawn", now)
    assert dispute.state == "withdrawn"


def test_timeliness_counts_stages_and_reopenings(session, now):
    dispute = make_dispute(session, now)
    step(session, dispute, "acknowledged", now + timedelta(days=7))
    step(session, dispute, "direct_talks", now + timedelta(days=8))
    step(session, dispute, "facilitated", now + timedelta(days=39))  # a day late
    counted = disputes.timeliness(session, [dispute])
    assert (counted.n_stages, counted.n_in_time, counted.n_settled, counted.n_reopened) == (2, 1, 0, 0)
    agreed = agreed_dispute(session, now)
    step(session, agreed, "direct_talks", now)
    counted = disputes.timeliness(session, [dispute, agreed])
    assert (counted.n_stages, counted.n_in_time, counted.n_settled, counted.n_reopened) == (4, 3, 1, 1)


def test_events_show_no_dispute_that_is_not_public(session, now, monkeypatch):
    dispute = agreed_dispute(session, now)
    monkeypatch.setattr(disputes, "ladder_of", lambda *_: STANDARD)
    assert disputes.events(session, dispute.partnership_id) == []
    monkeypatch.setattr(disputes, "ladder_of", lambda *_: replace(STANDARD, is_existence_public=True))
    found = disputes.events(session, dispute.partnership_id)
    assert [(one.kind, one.on, one.title) for one in found] == [
        ("dispute", now.date(), ""),
        ("dispute_settled", now.date(), ""),
    ]


def test_dispute_has_two_parties_of_the_partnership(session, now):
    partnership, other = make_partnership(session), make_organization(session)
    members = [one.id for one in _members(session, partnership, now)]
    for against in ([], [members[0]], [other.id]):
        with pytest.raises(InvalidInput, match="two parties"):
            disputes.raise_dispute(
                session,
                partnership_id=partnership.id,
                raised_for=members[0],
                against=against,
                members=members,
                title="T",
                happened="H",
                hoped_for="F",
                by="D",
                ladder=STANDARD,
                now=now,
            )
