"""/partnerships/{id}/concerns: raised by a partner under its name, acknowledged within the charter's limit."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from surveys import concerns, disputes
from surveys.releases import Comment
from tests.factories import NOW
from tests.sample_releases import SERIES
from tests.server.conftest import make_released, text_of

FORM = {"principle": "P5", "happened": "A promise was not kept.", "hoped_for": "A new date.", "cites": "3|item:T1"}


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/concerns{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def concern(circle, session, partnership, released):
    circle.as_("Ministry").post(address(partnership), data=FORM)
    return concerns.of_partnership(session, partnership.id)[0]


def test_it_works(circle, session, partnership, released):
    ministry = circle.as_("Ministry")
    assert "The partnership’s ombudsperson" in ministry.get(address(partnership)).text
    assert "P5 Reliability" in ministry.get(address(partnership, "/new")).text
    answer = ministry.post(address(partnership), data=FORM)
    (concern,) = concerns.of_partnership(session, partnership.id)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{concern.id}"))
    said = read(ministry.get(answer.headers["location"]))
    assert "To be acknowledged until 20 June 2026" in said  # five days, by the charter
    assert f"Cited: Round 3, release {concern.release_digest[:12]}" in said
    ministry.post(address(partnership), data=FORM)
    assert len(concerns.of_partnership(session, partnership.id)) == 1
    assert disputes.of_partnership(session, partnership.id) == []  # people make disputes, concerns do not


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"principle": ""}, "Please choose one."),
        ({"principle": "P9"}, "Please choose one of those offered."),
        ({"principle": "clause"}, "Please choose one."),
        ({"happened": ""}, "Please write something here."),
        ({"hoped_for": "x" * 50_000}, "This text has 50000 characters; 4000 fit."),
        ({"cites": "3|item:ZZ"}, "Please choose one of those offered."),
    ],
)
def test_faults_are_said_and_nothing_raised(circle, session, partnership, released, changed, words):
    answer = circle.as_("Ministry").post(address(partnership), data={**FORM, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert concerns.of_partnership(session, partnership.id) == []


def test_clause_of_the_code_of_conduct(circle, session, partnership, released):
    form = {**FORM, "principle": "clause", "clause": "openness", "cites": ""}
    answer = circle.as_("Ministry").post(address(partnership), data=form)
    assert "We tell each other bad news first." in circle.as_("Ministry").get(answer.headers["location"]).text


@pytest.mark.parametrize("who", ["Northern", "reader", "trustee"])
def test_others_do_not_find_it(circle, partnership, concern, who):
    browser = circle.as_(who)
    assert "There is no concern that you may read." in browser.get(address(partnership)).text
    assert browser.get(address(partnership, f"/{concern.id}")).status_code == 404
    for step in ("acknowledge", "answer", "withdraw"):
        answer = browser.post(address(partnership, f"/{concern.id}"), data={"step": step, "answer": "x"})
        assert answer.status_code == 404
    assert concern.state == "raised"


def test_only_partners_raise(circle, log_in, amina, partnership, released):
    for browser in (circle.as_("reader"), log_in(amina)):
        assert browser.get(address(partnership, "/new")).status_code == 404
        assert browser.post(address(partnership), data=FORM).status_code == 404


def test_acknowledged_and_answered(circle, log_in, amina, clock, partnership, concern):
    clock.now = NOW + timedelta(days=6)
    assert "past its date" in log_in(amina).get(address(partnership)).text
    here = address(partnership, f"/{concern.id}")
    assert circle.as_("Ministry").post(here, data={"step": "acknowledge"}).status_code == 404  # not by itself
    for _ in range(2):
        assert log_in(amina).post(here, data={"step": "acknowledge"}).status_code == 303
    assert concern.acknowledged_at == clock.now
    assert log_in(amina).post(here, data={"step": "answer"}).status_code == 422
    log_in(amina).post(here, data={"step": "answer", "answer": "A meeting on <Monday>."})
    assert "A meeting on &lt;Monday&gt;." in circle.as_("Ministry").get(here).text


def test_withdrawn_by_whoever_raised_it(circle, log_in, amina, partnership, concern):
    here = address(partnership, f"/{concern.id}")
    assert log_in(amina).post(here, data={"step": "withdraw"}).status_code == 404
    assert circle.as_("Ministry").post(here, data={"step": "withdraw"}).status_code == 303
    assert circle.as_("Ministry").get(here.replace("/concerns/", "/disputes/new?concern=")).status_code == 404


def test_becomes_a_dispute_once(circle, session, partnership, concern):
    ministry = circle.as_("Ministry")
    form = ministry.get(f"/partnerships/{partnership.id}/disputes/new?concern={concern.id}")
    assert "A promise was not kept." in form.text
    given = {"concern": str(concern.id), "title": "A promise", "happened": "h", "hoped_for": "f"}
    given["against"] = str(circle.members["Northern"].id)
    assert ministry.post(f"/partnerships/{partnership.id}/disputes", data=given).status_code == 303
    assert concern.state == "taken_up"
    assert ministry.post(f"/partnerships/{partnership.id}/disputes", data=given).status_code == 404
    assert len(disputes.of_partnership(session, partnership.id)) == 1


def test_concerns_of_a_round_are_acknowledged_in_public(circle, log_in, amina, session, keystore, partnership):
    written = Comment("R", "Somebody was <punished>.", "concern", "facilitator")
    make_released(session, keystore, partnership, (replace(SERIES[0], comments=(written,)),))
    page = log_in(amina).get(address(partnership))
    assert "Somebody was &lt;punished&gt;." in page.text
    assert "Somebody was" not in circle.as_("Northern").get(address(partnership)).text
    there = address(partnership, "/rounds/1")
    assert log_in(amina).post(there, data={"text": " "}).status_code == 422
    assert circle.as_("Northern").post(there, data={"text": "x"}).status_code == 404
    said = {"text": "We take it up at the next meeting."}
    assert log_in(amina).post(there, data=said).status_code == 303
    for where in (address(partnership), f"/partnerships/{partnership.id}"):
        seen = read(circle.as_("Northern").get(where))
        assert "Concerns that came through Round 1, without names" in seen
        assert "We take it up at the next meeting." in seen
    assert log_in(amina).post(address(partnership, "/rounds/9"), data=said).status_code == 404


def test_stranger_and_unknown(log_in, stranger, amina, partnership, concern):
    for rest in ("", "/new", f"/{concern.id}"):
        assert log_in(stranger).get(address(partnership, rest)).status_code == 404
    for unknown in (uuid4(), "1"):
        assert log_in(amina).get(address(partnership, f"/{unknown}")).status_code == 404
