"""/position/act/comment: colleagues say something about the draft; it is sealed with the draft and goes with it."""

from __future__ import annotations

import pytest
from sqlmodel import select

from server.positions import REMARK_LIMIT, REMARKS_AT_MOST
from surveys import ballots, rounds
from surveys.models import Draft
from tests.server.conftest import text_of
from tests.server.test_positions import OVERVIEW, RATED, act, overview, save, version_of

SAID = "D1 looks too low to me: we met every week."


def say(person, text=SAID, partner=""):
    return act(person, "comment", text=text, partner=partner)


def takes_back(person, nth=0):
    page = person.see(OVERVIEW).text
    return page.split('name="remark" value="')[1 + nth].split('"')[0]


@pytest.fixture
def people(session, asked):
    return list(rounds.invitations_of(session, asked))


@pytest.fixture
def partners(people):
    first = people[0].organization_id
    return sorted({one.organization_id for one in people if one.organization_id != first}, key=str)


@pytest.fixture
def drafter(people, invited):
    return invited(0)


@pytest.fixture
def colleague(people, invited):
    return invited(next(n for n, one in enumerate(people[1:], 1) if one.organization_id == people[0].organization_id))


@pytest.fixture
def stranger(people, partners, invited):
    """Somebody of another organization."""
    return invited(next(n for n, one in enumerate(people) if one.organization_id == partners[0]))


def test_it_works(drafter, colleague, partners):
    save(drafter, partners[0], **RATED)
    answer = say(colleague, partner=str(partners[0]))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OVERVIEW}#comments")
    assert SAID in overview(drafter)
    assert colleague.invitation.person in overview(drafter)
    assert SAID in text_of(drafter.see(f"{OVERVIEW}/{partners[0]}").text)
    assert SAID not in text_of(drafter.see(f"{OVERVIEW}/{partners[1]}").text)


def test_other_organizations_read_nothing_of_it(colleague, stranger):
    say(colleague)
    assert SAID not in overview(stranger)


def test_it_changes_nothing_that_is_signed(session, keystore, asked, drafter, colleague, partners):
    save(drafter, partners[0], **RATED)
    act(drafter, "propose")
    version = version_of(colleague)
    say(drafter)
    assert act(colleague, "sign", version=version).status_code == 303
    (sealed,) = ballots.unseal(session, asked, keystore.load(asked.id)).positions
    assert SAID not in str(sealed)
    assert session.exec(select(Draft)).all() == []
    assert SAID not in overview(drafter)


def test_rating_keeps_the_comments(drafter, colleague, partners):
    say(colleague)
    save(drafter, partners[0], **RATED)
    act(drafter, "propose")
    assert SAID in overview(colleague)


def test_it_is_destroyed_with_the_round(session, asked, colleague):
    say(colleague)
    ballots.destroy(session, asked.id)
    assert session.exec(select(Draft)).all() == []


def test_it_is_sealed(session, colleague):
    size = {len(one.box) for one in session.exec(select(Draft)).all()}
    say(colleague)
    (row,) = session.exec(select(Draft)).all()
    assert SAID.encode() not in row.box
    assert size <= {len(row.box)}


def test_sent_twice(drafter, colleague):
    for _ in range(2):
        say(colleague)
    assert overview(drafter).count(SAID) == 1


def test_only_its_author_takes_it_back(drafter, colleague):
    say(colleague)
    id_ = takes_back(colleague)
    assert 'name="remark"' not in drafter.see(OVERVIEW).text
    act(drafter, "take-back", remark=id_)
    assert SAID in overview(drafter)
    for _ in range(2):
        assert act(colleague, "take-back", remark=id_).status_code == 303
    assert SAID not in overview(drafter)


@pytest.mark.parametrize("text", ["", "   ", "\r\n"])
def test_nothing_said(drafter, text):
    assert say(drafter, text).status_code == 303
    assert "Take my comment back" not in overview(drafter)


@pytest.mark.parametrize("length", [REMARK_LIMIT + 1, 50_000])
def test_too_long_is_refused_and_never_cut(drafter, partners, length):
    answer = say(drafter, "x" * length, str(partners[0]))
    assert answer.status_code == 422
    assert "This comment is too long. It is still here, but not saved" in text_of(answer.text)
    assert "x" * length in answer.text
    assert f'value="{partners[0]}" selected' in answer.text
    assert "xxx" not in overview(drafter)


def test_the_longest_comments_leave_room_for_every_rating(drafter, colleague, partners):
    drafter.invitation.person = "ក" * 200
    for n in range(REMARKS_AT_MOST + 1):
        say(drafter, f"{n:02}" + "ក" * (REMARK_LIMIT - 2))
    for partner in partners:
        longest = dict.fromkeys((f"D{n}" for n in range(1, 10)), "cannot_judge")
        assert save(drafter, partner, D0="some", **longest).status_code == 303
    act(drafter, "propose")
    assert "Your agreement is asked for" in overview(colleague)


def test_full(drafter, colleague):
    for n in range(REMARKS_AT_MOST):
        assert say(drafter, f"thing number {n}.").status_code == 303
    answer = say(colleague)
    assert answer.status_code == 409
    assert "There is no room for another comment" in text_of(answer.text)
    assert 'name="text"' not in colleague.see(OVERVIEW).text


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{7*7}}", "=HYPERLINK(1)", "សូមមើល ស្ត្រី\u200bក្ស", "a\u202eb"]
)
def test_hard_text_is_shown_as_written(drafter, colleague, text):
    say(colleague, text)
    assert text in overview(drafter)
    assert "<script>alert" not in drafter.see(OVERVIEW).text


@pytest.mark.parametrize("partner", ["x", "7b0f7a9e-7d0b-4c5e-9a53-0d1f6c1e2b11", "own"])
def test_about_nobody_who_is_rated(drafter, partner):
    partner = str(drafter.invitation.organization_id) if partner == "own" else partner
    assert say(drafter, partner=partner).status_code == 422


def test_after_signing_there_is_no_draft_to_comment(drafter, colleague, partners):
    save(drafter, partners[0], **RATED)
    act(drafter, "propose")
    act(colleague, "sign", version=version_of(colleague))
    assert say(drafter).headers["location"] == OVERVIEW
    assert SAID not in overview(colleague)


def test_without_a_link_and_in_the_personal_mode(client, session, asked, drafter):
    assert client.post("/position/act/comment", data={"text": SAID}).status_code == 403
    asked.dyadic_mode = "personal"
    session.flush()
    assert say(drafter).status_code == 404
    assert act(drafter, "take-back", remark="x").status_code == 404


def test_reading_says_nothing(drafter):
    for name in ("comment", "take-back"):
        for method in ("GET", "HEAD"):
            assert drafter.browser.request(method, f"/position/act/{name}").status_code in (404, 405)
