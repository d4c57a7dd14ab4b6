"""The box: one row per person whatever happens, one size, and nothing that opens without the keys."""

from __future__ import annotations

import pytest
from sqlmodel import select

from surveys import ballots, rounds
from surveys.models import Ballot, Draft
from surveys.problems import AnswersTooLong
from tests.factories import cast_all, make_round, payload_of, secret_of


@pytest.fixture
def one(session, keystore):
    round_ = make_round(session, keystore)
    invitation = next(iter(rounds.invitations_of(session, round_)))
    return round_, invitation, keystore.load(round_.id)


def boxes(session, round_):
    return session.exec(select(Ballot.box).where(Ballot.round_id == round_.id)).all()


def test_it_works(session, one):
    round_, invitation, keys = one
    receipt = ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=7))
    opened = ballots.unseal(session, round_, keys)
    assert opened.personal == [payload_of(invitation, T1=7)]
    assert opened.positions == []
    assert receipt == ballots.receipt(keys, invitation.id)


def test_second_cast_replaces_the_first(session, one):
    round_, invitation, keys = one
    for value in (7, 3):
        ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=value))
    assert [p["answers"]["T1"] for p in ballots.unseal(session, round_, keys).personal] == [3]


def test_receipt_does_not_depend_on_answers(session, one):
    round_, invitation, keys = one
    first = ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=7))
    assert ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=0)) == first


def test_withdrawn_ballot_is_gone(session, one):
    round_, invitation, keys = one
    ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=7))
    assert ballots.withdraw(session, keys, invitation.id)
    assert not ballots.withdraw(session, keys, invitation.id)
    assert boxes(session, round_) == []


def test_casting_deletes_the_draft(session, keystore, one):
    round_, invitation, keys = one
    secret, device = secret_of(keystore, round_, invitation), ballots.new_device_secret()
    ballots.save_draft(session, round_, keys, invitation.id, secret, device, {"answers": {"T1": 1}})
    ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=7))
    session.expire_all()
    assert session.exec(select(Draft).where(Draft.round_id == round_.id)).all() == []


def test_every_box_has_one_size(session, keystore, one):
    round_, _, keys = one
    cast_all(session, keystore, round_, T1=7)
    invitation = next(iter(rounds.invitations_of(session, round_)))
    long = {
        **payload_of(invitation, T1=7),
        "comments": [{"topic": "T", "kind": "O2", "text": "ក" * 300, "audience": "all"}],
    }
    ballots.cast(session, round_, keys, invitation.id, long)
    organization = invitation.organization_id
    ballots.cast_position(session, round_, keys, organization, {"organization": str(organization), "ratings": {}})
    assert len({len(box) for box in boxes(session, round_)}) == 1


def test_too_long_is_refused_never_cut(session, one):
    round_, invitation, keys = one
    with pytest.raises(AnswersTooLong):
        ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1="x" * round_.box_size))
    assert boxes(session, round_) == []


def test_positions_are_told_from_people(session, one):
    round_, invitation, keys = one
    organization = invitation.organization_id
    ballots.cast(session, round_, keys, invitation.id, payload_of(invitation, T1=7))
    ballots.cast_position(
        session, round_, keys, organization, {"organization": str(organization), "ratings": {"b": {"D1": 4}}}
    )
    opened = ballots.unseal(session, round_, keys)
    assert len(opened.personal) == len(opened.positions) == 1
    assert ballots.position_is_cast(session, keys, organization)
    assert ballots.answered(session, round_, keys) == 1


def test_draft_opens_on_its_device_only(session, keystore, one):
    round_, invitation, keys = one
    secret, device = secret_of(keystore, round_, invitation), ballots.new_device_secret()
    ballots.save_draft(session, round_, keys, invitation.id, secret, device, {"answers": {"T1": 1}})
    assert ballots.load_draft(session, keys, invitation.id, secret, device) == {"answers": {"T1": 1}}
    assert ballots.load_draft(session, keys, invitation.id, secret, ballots.new_device_secret()) is None


def test_resume_code_opens_the_draft_elsewhere(session, keystore, one):
    round_, invitation, keys = one
    secret, device = secret_of(keystore, round_, invitation), ballots.new_device_secret()
    ballots.save_draft(session, round_, keys, invitation.id, secret, device, {"answers": {"T1": 1}})
    code = ballots.resume_code(device)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert ballots.device_secret_from_code(session, keys, invitation.id, secret, code) == device
    assert ballots.device_secret_from_code(session, keys, invitation.id, secret, wrong) is None


def test_colleagues_share_the_position_draft(session, one):
    round_, invitation, keys = one
    ballots.save_position(session, round_, keys, invitation.organization_id, {"drafter": "Sok", "ratings": {}})
    assert ballots.load_position(session, keys, invitation.organization_id) == {"drafter": "Sok", "ratings": {}}


def test_digest_ignores_order_and_sees_every_byte():
    assert ballots.digest_of([b"a", b"b"]) == ballots.digest_of([b"b", b"a"])
    assert ballots.digest_of([b"a", b"b"]) != ballots.digest_of([b"a", b"c"])


def test_destroy_leaves_nothing(session, keystore, one):
    round_, _, _keys = one
    cast_all(session, keystore, round_, T1=7)
    ballots.destroy(session, round_.id)
    session.flush()
    assert ballots.count(session, round_.id) == 0
    assert {invitation.token_hash for invitation in rounds.invitations_of(session, round_)} == {None}
