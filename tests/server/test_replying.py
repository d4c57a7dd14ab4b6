"""/r: a partner without an account comments on the findings before the meeting, once."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from surveys import discussions, replies
from tests.factories import NOW, make_entry
from tests.server.conftest import text_of

LINKS = "/partnerships/{}/replies"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def entry(session, released):
    return make_entry(session, released[2])


@pytest.fixture
def secret(log_in, amina, circle, partnership, entry):
    form = {"organization": str(circle.members["Village"].id), "person": "Sok Dara"}
    page = log_in(amina).post(LINKS.format(partnership.id), data=form).text
    return re.search(r"/r#([0-9A-Z-]{29})", page)[1]


def test_it_works(new_browser, session, entry, secret):
    browser = new_browser()
    assert browser.get("/r").status_code == 200
    page = browser.post("/r", data={"secret": secret})
    said = read(page)
    assert "Sok Dara, you write for Village Water Network" in said
    assert "Transparency: 46 (37 to 55)" in said
    assert not page.cookies
    form = {"secret": secret, f"reply-{entry.id}": "We heard <nothing> in May."}
    answer = browser.post("/r/send", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/r/sent")
    assert browser.get("/r/sent").status_code == 200
    (reply,) = replies.of_entry(session, entry.id)
    assert (reply.author, reply.text) == ("Sok Dara", "We heard <nothing> in May.")


def test_link_is_for_one_use(new_browser, session, entry, secret):
    form = {"secret": secret, f"reply-{entry.id}": "Once."}
    assert new_browser().post("/r/send", data=form).status_code == 303
    assert new_browser().post("/r/send", data={**form, f"reply-{entry.id}": "Twice."}).status_code == 410
    assert new_browser().post("/r", data={"secret": secret}).status_code == 410
    assert [one.text for one in replies.of_entry(session, entry.id)] == ["Once."]


def test_empty_or_too_long_leaves_the_link_open(new_browser, session, entry, secret):
    for text, words in ((" ", "You have written nothing yet."), ("x" * 50_000, "This text has 50000 characters")):
        answer = new_browser().post("/r/send", data={"secret": secret, f"reply-{entry.id}": text})
        assert answer.status_code == 422
        assert words in answer.text
    assert new_browser().post("/r", data={"secret": secret}).status_code == 200
    assert replies.of_entry(session, entry.id) == []


def test_newer_link_ends_the_one_before(log_in, amina, circle, new_browser, partnership, secret):
    form = {"organization": str(circle.members["Village"].id), "person": "Chan Maly"}
    log_in(amina).post(LINKS.format(partnership.id), data=form)
    assert new_browser().post("/r", data={"secret": secret}).status_code == 410


def test_link_ends(new_browser, clock, secret):
    clock.now = NOW + timedelta(days=31)
    assert new_browser().post("/r", data={"secret": secret}).status_code == 410


@pytest.mark.parametrize("made_up", ["", "x", "0000-0000-0000-0000-0000-0000", "' OR 1=1 --", "0" * 400])
def test_made_up_link(new_browser, secret, made_up):
    answer = new_browser().post("/r", data={"secret": made_up})
    assert answer.status_code == 410
    assert "This link is not open." in answer.text
    assert new_browser().post("/r/send", data={"secret": made_up}).status_code == 410


def test_question_discussed_meanwhile_takes_no_comment(new_browser, session, entry, secret):
    discussions.conclude(entry, "Agreed.", by="Amina", now=NOW)
    session.flush()
    answer = new_browser().post("/r/send", data={"secret": secret, f"reply-{entry.id}": "Late."})
    assert answer.status_code == 422
    assert replies.of_entry(session, entry.id) == []


def test_only_the_facilitator_makes_links(circle, log_in, stranger, partnership, entry):
    form = {"organization": str(circle.members["Village"].id), "person": "Sok Dara"}
    for browser in (circle.as_("Ministry"), circle.as_("reader"), log_in(stranger)):
        assert browser.get(LINKS.format(partnership.id)).status_code == 404
        assert browser.post(LINKS.format(partnership.id), data=form).status_code == 404


@pytest.mark.parametrize(
    "changed", [{"person": " "}, {"organization": ""}, {"organization": "x"}, {"person": "x" * 300}]
)
def test_faults_make_no_link(log_in, amina, circle, partnership, entry, changed):
    form = {"organization": str(circle.members["Village"].id), "person": "Sok Dara", **changed}
    answer = log_in(amina).post(LINKS.format(partnership.id), data=form)
    assert answer.status_code == 422
    assert "/r#" not in answer.text
