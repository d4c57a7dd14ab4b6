"""/partnerships/{id}/meetings: planned with its questions, recorded item by item, told in minutes."""

from __future__ import annotations

import html
import io
from uuid import uuid4

import pikepdf
import pytest

from server.ical import CalendarEvent, to_ical
from surveys import accounts, audit, commitments, meetings
from tests.factories import NOW, make_account, make_entry, make_partnership
from tests.server.conftest import text_of

PLAN = {"title": "Meeting of the partners", "starts_at": "2026-07-01T09:00", "minutes": "90", "location": "Room 3"}
SAID = {"notes": "The budget came late.", "decision": "The calendar is shared.", "rule": "consensus", "dissent": ""}


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/meetings{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina, released):
    return log_in(amina)


@pytest.fixture
def entry(session, released):
    return make_entry(session, released[2])


@pytest.fixture
def meeting(as_amina, session, partnership, entry):
    as_amina.post(address(partnership), data={**PLAN, "question": str(entry.id), "topics": "Any other business"})
    return meetings.of_partnership(session, partnership.id)[0]


@pytest.fixture
def item(partnership, meeting):
    return address(partnership, f"/{meeting.id}/items/1")


def test_it_works(as_amina, session, partnership, entry):
    assert "No meeting has been planned yet." in as_amina.get(address(partnership)).text
    assert entry.question in as_amina.get(address(partnership, "/new")).text
    form = {**PLAN, "question": str(entry.id)}
    answer = as_amina.post(address(partnership), data=form)
    (meeting,) = meetings.of_partnership(session, partnership.id)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{meeting.id}"))
    said = read(as_amina.get(answer.headers["location"]))
    assert "1 July 2026, 09:00" in said
    assert "Ask in order to understand, not to find who is to blame." in said
    assert entry.question in said
    as_amina.post(address(partnership), data=form)
    assert len(meetings.of_partnership(session, partnership.id)) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"starts_at": "2026-06-01T09:00"}, "This date lies in the past."),
        ({"starts_at": "tomorrow"}, "Please give a day and an hour."),
        ({"starts_at": "9999-12-31T23:59"}, "Please give a day and an hour."),
        ({"minutes": "0"}, "Please give a number from 5 to 480."),
        ({"minutes": "²"}, "Please give a number from 5 to 480."),
        ({"title": ""}, "Please write something here."),
        ({"topics": ""}, "A meeting has one to 5 items."),
        ({"topics": "\n".join("abcdef")}, "A meeting has one to 5 items."),
        ({"topics": "x" * 50_000}, "This text has 50000 characters; 4000 fit."),
    ],
)
def test_faults_are_said_and_nothing_planned(as_amina, session, partnership, changed, words):
    answer = as_amina.post(address(partnership), data={**PLAN, "topics": "The fund", **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert meetings.of_partnership(session, partnership.id) == []


def test_item_shows_what_is_on_the_table(as_amina, item):
    page = as_amina.get(item)
    said = read(page)
    assert "Item 1 of 2" in said
    assert "Transparency: 46 (37 to 55)" in said
    assert "The budget came late <again>." in said
    assert 'role="img"' in page.text  # the chart of the index that brought it up


def test_agreement_owner_and_date_are_recorded_live(as_amina, session, partnership, meeting, item, entry):
    owner = next(code for code in _partners(as_amina, partnership))
    promise = {"what": "Share the calendar", "owner": owner, "to": "", "due_on": "2026-09-30", "target": "item:T1"}
    form = {**SAID, **promise, "version": "1"}
    for _ in range(2):
        assert as_amina.post(item, data=form).headers["location"] == item
    (made,) = commitments.of_partnership(session, partnership.id)
    assert (made.what, made.discussion_id, made.status) == ("Share the calendar", entry.id, "agreed")
    assert (entry.status, entry.conclusion) == ("agreed", "The calendar is shared.")
    assert "Share the calendar" in as_amina.get(address(partnership, f"/{meeting.id}")).text
    assert audit.verify_chain(session) is None


def _partners(browser, partnership):
    page = browser.get(f"/partnerships/{partnership.id}/commitments/new").text
    return [part.split('"')[1] for part in page.split("<option value=")[1:] if len(part.split('"')[1]) == 36]


def test_htmx_swaps_the_record_only(as_amina, item):
    answer = as_amina.post(item, data={**SAID, "version": "1"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section id="record"')
    assert "Saved." in answer.text
    assert 'name="version" value="2"' in answer.text


def test_two_facilitators_lose_nothing(as_amina, log_in, session, partnership, item):
    bopha = make_account(session, "bopha")
    accounts.entrust(session, bopha, partnership.id)
    session.flush()
    as_amina.post(item, data={**SAID, "version": "1"})
    mine = {**SAID, "decision": "Every <month>.", "version": "1"}
    for headers, status in (({}, 409), ({"HX-Request": "true"}, 422)):
        answer = log_in(bopha).post(item, data=mine, headers=headers)
        assert answer.status_code == status
        assert "What was agreed The calendar is shared. Every <month>." in read(answer)
        assert "Every &lt;month&gt;.</textarea>" in answer.text
        assert 'name="version" value="2"' in answer.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rule": "dice"}, "Please choose one of those offered."),
        ({"rule": "majority"}, "Please choose one of those offered."),  # the charter decides by consensus
        ({"rule": ""}, "Please choose one."),
        ({"what": "Share", "owner": ""}, "Please choose one."),
        ({"what": "Share", "owner": "x", "due_on": "2020-01-01"}, "This date lies in the past."),
        ({"notes": "x" * 50_000}, "This text has 50000 characters; 4000 fit."),
    ],
)
def test_faults_of_a_record_lose_nothing(as_amina, session, item, entry, changed, words):
    answer = as_amina.post(item, data={**SAID, "version": "1", **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "The calendar is shared.</textarea>" in answer.text
    assert entry.status == "open"


def test_who_is_here_and_the_quorum(as_amina, partnership, meeting):
    here = address(partnership, f"/{meeting.id}")
    one, *others = dict.fromkeys(_partners(as_amina, partnership))
    form = {"chaired_by": "Amina", "others": "The mediator", "present": [one], "version": "1"}
    assert as_amina.post(here + "/present", data=form).status_code == 303
    assert "Quorum not reached: 1 of 4 partners were there, 60 % are needed." in read(as_amina.get(here))
    assert as_amina.post(here + "/present", data={**form, "present": [one, *others]}).status_code == 409
    form |= {"present": [one, *others], "version": "2"}
    assert as_amina.post(here + "/present", data=form).status_code == 303
    assert "Quorum reached: 4 of 4 partners were there" in read(as_amina.get(here))
    assert as_amina.post(here + "/present", data={**form, "chaired_by": ""}).status_code == 422


def test_minutes_in_three_languages(as_amina, partnership, meeting, item):
    as_amina.post(item, data={**SAID, "dissent": "The bank: <too> late.", "version": "1"})
    here = address(partnership, f"/{meeting.id}/minutes")
    said = read(as_amina.get(here))
    assert "Decided by consensus: The calendar is shared." in said
    assert "Different view: The bank: <too> late." in said
    assert "Draft: the meeting has not been recorded as held." in said
    for language in ("en", "km", "fr"):
        first, again = (as_amina.get(f"{here}.pdf?language={language}") for _ in range(2))
        assert first.content == again.content
        assert first.headers["content-type"] == "application/pdf"
        with pikepdf.open(io.BytesIO(first.content)) as pdf:
            assert str(pdf.Root.Lang) == language
            assert pdf.Root.MarkInfo.Marked
    assert as_amina.get(f"{here}.pdf?language=xx").status_code == 404


def test_calendar_file(as_amina, partnership, meeting):
    file = as_amina.get(address(partnership, f"/{meeting.id}/calendar.ics"))
    lines = file.content.decode().replace("\r\n ", "").split("\r\n")
    assert file.headers["content-type"].startswith("text/calendar")
    assert "DTSTART:20260701T020000Z" in lines
    assert "DTEND:20260701T033000Z" in lines
    assert "LOCATION:Room 3" in lines


def test_calendar_lines_are_folded_and_escaped():
    title = "ស្ត្រី; \\ , \nBEGIN:VALARM\x07" * 9
    made = to_ical(CalendarEvent("u", title, NOW, NOW, NOW))
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    assert made.decode().count("\r\nBEGIN:") == 1  # of the event only
    assert b"\x07" not in made


def test_cancelled_meeting_takes_no_record(as_amina, partnership, meeting, item, entry):
    here = address(partnership, f"/{meeting.id}")
    assert as_amina.post(here + "/cancel").status_code == 303
    assert "This meeting was cancelled." in as_amina.get(here).text
    assert "STATUS:CANCELLED" in as_amina.get(here + "/calendar.ics").text
    assert as_amina.post(item, data={**SAID, "version": "1"}).status_code == 409
    assert entry.status == "open"


@pytest.mark.parametrize("who", ["Ministry", "reader"])
def test_partners_read_but_do_not_record(circle, partnership, meeting, item, who):
    browser, here = circle.as_(who), address(partnership, f"/{meeting.id}")
    for path in (address(partnership), here, item, here + "/minutes", here + "/minutes.pdf", here + "/calendar.ics"):
        assert browser.get(path).status_code == 200
    assert '<form method="post" action="' + item not in browser.get(item).text
    for path in (address(partnership), item, here + "/present", here + "/cancel"):
        assert browser.post(path, data={**PLAN, **SAID, "version": "1"}).status_code == 404


def test_meeting_of_a_dispute_is_for_its_people(circle, log_in, amina, session, partnership, released):
    dispute = circle.raise_dispute()
    form = {**PLAN, "topics": "The rules of the fund", "dispute": str(dispute.id)}
    assert circle.as_("Ministry").post(address(partnership), data=form).status_code == 404
    assert log_in(amina).post(address(partnership), data=form).status_code == 303
    (meeting,) = meetings.of_partnership(session, partnership.id, dispute_id=dispute.id)
    here = address(partnership, f"/{meeting.id}")
    assert "Confidential: for the parties" in circle.as_("Northern").get(here + "/minutes").text
    for path in (here, here + "/items/1", here + "/minutes", here + "/minutes.pdf", here + "/calendar.ics"):
        assert circle.as_("Village").get(path).status_code == 404
    assert meetings.of_partnership(session, partnership.id) == []
    assert "Rules" not in circle.as_("Village").get(address(partnership)).text


def test_stranger_unknown_and_other_partnership(log_in, stranger, amina, session, partnership, meeting, item):
    here = address(partnership, f"/{meeting.id}")
    for path in (address(partnership), here, item, here + "/minutes.pdf", here + "/calendar.ics"):
        assert log_in(stranger).get(path).status_code == 404
    as_amina = log_in(amina)
    for path in (f"/{uuid4()}", "/x", f"/{meeting.id}/items/9", f"/{meeting.id}/items/x"):
        assert as_amina.get(address(partnership, path)).status_code == 404
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    assert as_amina.get(address(other, f"/{meeting.id}")).status_code == 404
