"""/answer/part/...: the pages of questions: what is kept, what is pointed out, what is refused."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from anyio.from_thread import start_blocking_portal
from sqlmodel import select

from surveys.models import Ballot, Draft
from tests.server.conftest import text_of

HTMX = {"HX-Request": "true"}
WHOLE = {"V1": "7", "V2": "0", "V3": "cannot_judge", "V4": "10"}


def autosave(person, code, **answers):
    return person.browser.post(f"/answer/part/{code}?save=1", data=answers, headers=HTMX)


def checked(page, name, value):
    return f'name="{name}" value="{value}" checked' in page.text


def drafts(session, round_):
    session.expire_all()
    return session.exec(select(Draft.box).where(Draft.round_id == round_.id)).all()


@pytest.fixture
def person(invited):
    return invited()


class TestPage:
    def test_it_works(self, person):
        answer = person.save("V", **WHOLE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer/part/G")
        page = person.see("/answer/part/V")
        assert all(checked(page, name, value) for name, value in WHOLE.items())
        assert page.text.count(" checked") == 4

    def test_says_where_one_is(self, person):
        page = person.see("/answer/part/V").text
        assert "Part 1 of 11" in page
        assert "<title>Common vision and shared objectives (part 1 of 11)" in page

    @pytest.mark.parametrize("code", ["X", "v", "V1", "..%2F..", "V%00", "D"])
    def test_unknown_page(self, person, code):
        assert person.browser.get(f"/answer/part/{code}").status_code == 404
        assert person.browser.post(f"/answer/part/{code}", data={}).status_code == 404

    def test_without_a_link(self, client, session, asked):
        assert client.get("/answer/part/V").status_code == 403
        assert client.post("/answer/part/V", data=WHOLE).status_code == 403
        assert drafts(session, asked) == []

    def test_from_another_site(self, session, person, asked):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
            assert person.browser.post("/answer/part/V", data=WHOLE, headers=headers).status_code == 403
        assert drafts(session, asked) == []

    def test_back_goes_back_and_saves(self, person):
        assert person.save("V", "back", **WHOLE).headers["location"] == "/answer"
        assert person.save("G", "back", G1="3").headers["location"] == "/answer/part/V"
        assert checked(person.see("/answer/part/G"), "G1", "3")

    def test_last_page_leads_to_the_review(self, person):
        assert person.save("open").headers["location"] == "/answer/review"

    def test_sent_twice_is_saved_once(self, session, person, asked):
        for _ in range(2):
            assert person.save("V", **WHOLE).status_code == 303
        assert len(drafts(session, asked)) == 1

    def test_last_one_counts_when_two_tabs_write(self, person):
        """Stated rule: a page is saved whole; the page that was sent last stands, other pages are untouched."""
        person.save("G", G1="3")
        person.save("V", **WHOLE)
        person.save("V", V2="5")
        page = person.see("/answer/part/V")
        assert checked(page, "V2", "5")
        assert page.text.count(" checked") == 1
        assert checked(person.see("/answer/part/G"), "G1", "3")

    def test_question_left_out_of_this_round(self, person):
        """H8 is asked only from the second round on: nobody may slip an answer in."""
        assert 'name="V2"' in person.see("/answer/part/V").text
        person.save("V", T1="9", **WHOLE)
        assert " checked" not in person.see("/answer/part/T").text

    def test_language_switch_keeps_what_was_typed(self, person):
        answer = person.browser.post("/answer/part/V", data={"V1": "4", "language": "km"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer/part/V")
        page = person.see("/answer/part/V")
        assert '<html lang="km">' in page.text
        assert checked(page, "V1", "4")


class TestMissing:
    def test_pointed_out_once(self, person):
        first = person.save("V", V1="7")
        assert first.headers["location"] == "/answer/part/V?missing=1"
        page = person.see(first.headers["location"])
        assert "3 questions here have no answer yet" in page.text
        assert 'href="#q-V2"' in page.text
        assert 'href="#q-V1"' not in page.text
        assert checked(page, "V1", "7")
        assert person.save("V", V1="7").headers["location"] == "/answer/part/G"

    def test_may_stay_missing_for_good(self, person):
        person.save("V")
        person.save("V")
        person.save("V")
        assert person.save("V", V1="7").headers["location"] == "/answer/part/G"

    def test_back_points_nothing_out(self, person):
        assert person.save("G", "back").headers["location"] == "/answer/part/V"

    def test_open_questions_are_never_missing(self, person):
        assert "missing" not in person.save("open").headers["location"]


class TestAutosave:
    def test_it_works(self, person):
        answer = autosave(person, "V", V1="7")
        assert answer.status_code == 200
        assert text_of(answer.text) == "Saved"
        assert checked(person.see("/answer/part/V"), "V1", "7")

    def test_does_not_count_as_having_gone_on(self, person):
        autosave(person, "V", V1="7")
        assert person.save("V", V1="7").headers["location"] == "/answer/part/V?missing=1"

    def test_too_long_text_is_announced(self, person):
        answer = autosave(person, "open", O1="x" * 1001, O2="short")
        assert answer.status_code == 422
        assert "Saved, except for what is marked or too long." in answer.text
        page = person.see("/answer/part/open").text
        assert ">short</textarea>" in page
        assert "xxx" not in page

    def test_after_closing_says_that_it_is_too_late(self, clock, asked, person):
        clock.now = asked.closes_at + timedelta(minutes=61)
        answer = autosave(person, "V", V1="7")
        assert answer.status_code == 410
        assert "too late and was not stored" in html.unescape(text_of(answer.text))


class TestDraft:
    def test_all_drafts_have_one_size(self, session, invited, asked):
        invited(0).save("V", **WHOLE)
        invited(1).save("open", O1="ក" * 1000, O2="x" * 1000)
        assert len({len(box) for box in drafts(session, asked)}) == 1

    def test_looking_writes_nothing(self, session, person, asked):
        for method in ("GET", "HEAD"):
            for path in ("/answer", "/answer/part/V", "/answer/part/V?missing=1", "/answer/review"):
                assert person.browser.request(method, path).status_code == 200
        assert drafts(session, asked) == []
        assert session.exec(select(Ballot).where(Ballot.round_id == asked.id)).all() == []

    def test_five_hours_later(self, clock, person):
        person.save("V", V1="7")
        clock.now += timedelta(hours=5)
        assert person.save("V", V1="8").status_code == 303
        assert checked(person.see("/answer/part/V"), "V1", "8")


class TestClosing:
    def test_hour_of_grace(self, clock, asked, person):
        clock.now = asked.closes_at + timedelta(minutes=59)
        assert person.save("V", **WHOLE).status_code == 303

    def test_too_late_is_said_and_not_stored(self, session, clock, asked, person):
        clock.now = asked.closes_at + timedelta(minutes=61)
        answer = person.save("V", **WHOLE)
        assert answer.status_code == 410
        page = html.unescape(text_of(answer.text))
        assert "too late and was not stored" in page
        assert "Answers that were handed in before closing stay handed in" in page
        assert drafts(session, asked) == []

    def test_who_was_declared_gone_is_told_politely(self, session, asked, person):
        person.invitation.gone = True
        session.flush()
        assert person.save("V", **WHOLE).status_code == 410
        assert drafts(session, asked) == []


def test_line_that_breaks_while_sending(app, person, session, asked, caplog):
    """A phone that loses its signal half-way: nothing is stored, and nothing is logged as a fault of ours."""
    cookies = "; ".join(f"{name}={value}" for name, value in person.browser.cookies.items())
    headers = [("host", "127.0.0.1"), ("cookie", cookies), ("content-type", "application/x-www-form-urlencoded")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/answer/part/V",
        "query_string": b"save=1",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    arriving = iter([{"type": "http.request", "body": b"V1=7&V2", "more_body": True}])
    sent = []

    async def receive():
        return next(arriving, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    with start_blocking_portal() as portal:
        portal.call(app, scope, receive, send)
    assert sent[0]["status"] == 400
    assert drafts(session, asked) == []
    assert caplog.records == []


def test_concern_is_sealed_as_one(invited):
    """The mark takes the place of the question; the page says when nothing is delivered, and whom to turn to."""
    person = invited(0)
    page = person.see("/answer/part/open").text
    assert "This is a concern: something went against what the partners agreed" in page
    assert "then turn to The partnership’s ombudsperson" in page
    person.save(
        "open", O1="A promise was not kept.", **{"O1.concern": "yes", "O1.topic": "R"}, O2="All else went well."
    )
    assert 'name="O1.concern" value="yes" checked' in person.see("/answer/part/open").text
    from server.sheets import _sealed_comment

    saved = {"kind": "O1", "topic": "R", "text": "x", "audience": "all", "concern": "yes"}
    assert _sealed_comment(saved) == {"kind": "concern", "topic": "R", "text": "x", "audience": "all"}
    assert person.hand_in().status_code == 303
