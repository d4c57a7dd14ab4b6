"""/answer/review, /answer/hand-in, /handed-in, replace and withdraw: one ballot a person, which nobody can look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import ballots
from surveys.models import Ballot, Draft
from tests.server.conftest import text_of


@pytest.fixture
def person(invited):
    return invited()


@pytest.fixture
def opened(session, keystore, asked):
    """What lies in the box, as the opening will read it."""

    def unseal():
        session.expire_all()
        return ballots.unseal(session, asked, keystore.load(asked.id)).personal

    return unseal


def drafts(session, round_):
    return session.exec(select(Draft.id).where(Draft.round_id == round_.id)).all()


def receipt_of(page):
    return page.text.split('<p class="code">')[1].split("<")[0]


class TestReview:
    def test_it_works(self, person):
        person.save("V", V1="7", V2="0", V3="prefer_not", V4="10")
        person.save("G", G1="3")
        page = text_of(person.see("/answer/review").text)
        assert "Common vision and shared objectives complete" in page
        assert "Governance and accountability 3 without an answer" in page
        assert "In your own words 0 texts" in page
        assert "What has no answer may stay so." in page
        assert "Nothing has been written yet." in page

    def test_without_a_link(self, client):
        assert client.get("/answer/review").status_code == 403


class TestHandIn:
    def test_it_works(self, session, asked, person, opened):
        person.save("V", V1="7", V3="cannot_judge")
        person.save("open", O1="A text.", **{"O1.topic": "V", "O1.audience": "facilitator"})
        person.save("about", B1="working", B2="12")
        answer = person.hand_in()
        assert (answer.status_code, answer.headers["location"]) == (303, "/handed-in")
        assert opened() == [
            {
                "answers": {"V1": 7, "V3": "cannot_judge"},
                "importance": {},
                "background": {"B1": "working", "B2": 12},
                "dyads": {},
                "comments": [{"kind": "O1", "topic": "V", "audience": "facilitator", "text": "A text."}],
                "organization": str(person.invitation.organization_id),
                "language": "en",
            }
        ]
        assert drafts(session, asked) == []

    def test_receipt(self, keystore, asked, person):
        person.hand_in()
        page = person.see("/handed-in")
        assert receipt_of(page) == ballots.receipt(keystore.load(asked.id), person.invitation.id)
        assert "Thank you. Your answers are handed in." in page.text
        assert "The position of your organization is not handed in yet" in page.text
        assert person.see("/handed-in").text == page.text

    def test_receipt_is_nobody_elses(self, client):
        client.cookies.set("receipt", "A" * 120)
        assert client.get("/handed-in").status_code == 404

    def test_browser_forgets_the_link(self, person):
        person.hand_in()
        assert person.see("/answer").status_code == 403

    def test_nothing_answered_is_an_answer(self, person, opened):
        assert person.hand_in().status_code == 303
        assert opened()[0]["answers"] == {}

    def test_sent_twice_is_one_ballot_and_one_receipt(self, person, opened):
        person.save("V", V1="7")
        person.hand_in()
        first = receipt_of(person.see("/handed-in"))
        again = person.hand_in()
        assert (again.status_code, again.headers["location"]) == (303, "/handed-in")
        assert receipt_of(person.see("/handed-in")) == first
        assert [payload["answers"] for payload in opened()] == [{"V1": 7}]

    def test_two_devices_are_one_ballot(self, invited, opened):
        phone, laptop = invited(0), invited(0)
        phone.save("V", V1="7")
        phone.hand_in()
        assert laptop.hand_in().status_code == 303
        assert [payload["answers"] for payload in opened()] == [{"V1": 7}]

    def test_language_of_the_page_is_sealed(self, person, opened):
        person.browser.post("/language", data={"language": "km", "back": "/answer"})
        person.hand_in()
        assert opened()[0]["language"] == "km"

    def test_without_a_link(self, client):
        assert client.post("/answer/hand-in").status_code == 403

    def test_reading_hands_nothing_in(self, person, opened):
        assert person.browser.get("/answer/hand-in").status_code == 405
        assert person.browser.head("/answer/hand-in").status_code == 405
        assert opened() == []

    def test_from_another_site(self, person, opened):
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert person.browser.post("/answer/hand-in", headers=headers).status_code == 403
        assert opened() == []

    def test_in_the_hour_of_grace(self, clock, asked, person, opened):
        clock.now = asked.closes_at + timedelta(minutes=60)
        assert person.hand_in().status_code == 303
        assert len(opened()) == 1

    def test_too_late(self, clock, asked, person, opened):
        person.save("V", V1="7")
        clock.now = asked.closes_at + timedelta(minutes=60, seconds=1)
        answer = person.hand_in()
        assert answer.status_code == 410
        assert "Too late: this was not stored" in text_of(answer.text)
        assert opened() == []

    def test_signs_that_need_many_bytes(self, person, opened):
        text = '"' * 999 + "x"
        assert person.save("open", **{f"O{n}": text for n in (1, 2, 3)}).status_code == 303
        assert person.hand_in().status_code == 303
        assert opened()[0]["comments"][0]["text"] == text


class TestAfterwards:
    @pytest.fixture
    def done(self, person):
        """Handed in, and the link opened again."""
        person.save("V", V1="7")
        person.hand_in()
        person.enter()
        return person

    def test_answers_are_never_shown_again(self, done):
        page = done.see("/answer")
        assert "Your answers are handed in" in page.text
        for path in ("/answer/part/V", "/answer/review"):
            answer = done.browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/answer")

    def test_back_button_changes_nothing(self, session, asked, done, opened):
        answer = done.save("V", V1="1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer")
        assert opened()[0]["answers"] == {"V1": 7}
        assert drafts(session, asked) == []

    def test_autosave_after_handing_in_leads_to_the_truth(self, done):
        answer = done.browser.post("/answer/part/V?save=1", data={"V1": "1"}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/answer")

    def test_colleague_with_the_link_sees_no_answer(self, done, invited):
        colleague = invited(0)
        assert "Your answers are handed in" in colleague.see("/answer").text
        assert "checked" not in colleague.see("/answer/part/V").text

    def test_replacing_starts_empty_and_the_last_one_counts(self, done, opened):
        assert done.browser.post("/answer/replace").status_code == 303
        assert " checked" not in done.see("/answer/part/V").text
        assert opened()[0]["answers"] == {"V1": 7}
        done.save("V", V2="3")
        done.hand_in()
        assert [payload["answers"] for payload in opened()] == [{"V2": 3}]

    def test_replacing_before_handing_in_deletes_nothing(self, person):
        person.save("V", V1="7")
        person.browser.post("/answer/replace")
        assert " checked" in person.see("/answer/part/V").text

    def test_replacing_twice_keeps_the_new_answers(self, done):
        done.browser.post("/answer/replace")
        done.save("V", V2="3")
        done.browser.post("/answer/replace")
        assert 'name="V2" value="3" checked' in done.see("/answer/part/V").text

    def test_withdrawing_empties_the_box(self, done, opened):
        answer = done.browser.post("/answer/withdraw")
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer")
        assert opened() == []
        assert "Begin" in done.see("/answer").text

    def test_withdrawing_twice(self, done, opened):
        for _ in range(2):
            assert done.browser.post("/answer/withdraw").status_code == 303
        assert opened() == []

    def test_reading_withdraws_nothing(self, done, opened):
        for path in ("/answer/withdraw", "/answer/replace"):
            for method in ("GET", "HEAD"):
                assert done.browser.request(method, path).status_code == 405
        assert len(opened()) == 1

    def test_nothing_moves_after_closing(self, clock, asked, done, opened):
        clock.now = asked.closes_at + timedelta(minutes=61)
        for path in ("/answer/withdraw", "/answer/replace"):
            assert done.browser.post(path).status_code == 410
        assert len(opened()) == 1


def test_only_ballot_and_draft_are_written(session, invited, asked):
    """Nothing that could be joined to a person changes when one hands in."""
    person = invited()
    before = person.invitation.model_dump()
    person.save("V", V1="7")
    person.hand_in()
    session.refresh(person.invitation)
    assert person.invitation.model_dump() == before
    assert len(session.exec(select(Ballot).where(Ballot.round_id == asked.id)).all()) == 1
