"""/partnerships/{id}/discussion: from a finding to an entry, and what became of it."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest

from surveys import accounts, audit, discussions
from surveys.partnerships import members_on
from tests.factories import make_account, make_partnership
from tests.server.conftest import text_of

FINDING = {"round": "3", "target": "item:T1", "question": "What would help us to hear earlier?"}


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/discussion{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina, released):
    return log_in(amina)


@pytest.fixture
def entry(as_amina, session, partnership):
    as_amina.post(address(partnership), data=FINDING)
    return discussions.of_partnership(session, partnership.id)[0]


@pytest.fixture
def agreed(session, partnership, now):
    owner = members_on(session, partnership.id, now.date())[0][1]
    return {
        "action": "Share the calendar",
        "owner": str(owner.id),
        "due_on": "2026-09-30",
        "status": "agreed",
        "outcome": "",
    }


def test_it_works(as_amina, session, partnership):
    page = as_amina.get(address(partnership))
    assert page.status_code == 200
    assert "Nothing has been taken up yet." in page.text
    form = as_amina.get(address(partnership, "/new?round=3&target=item:T1"))
    assert "What would help so that all of us can say" in read(form)
    assert "external partners see this higher, by 2 to 22 points" in read(form)
    answer = as_amina.post(address(partnership), data=FINDING)
    (entry,) = discussions.of_partnership(session, partnership.id)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{entry.id}"))
    assert (entry.target, entry.question, entry.status) == ("item:T1", FINDING["question"], "open")
    assert len(entry.release_digest) == 64


def test_taken_up_finding_leaves_the_queue(as_amina, partnership, entry):
    said = read(as_amina.get(address(partnership)))
    assert "Findings of the last round to take up" not in said
    assert "What would help us to hear earlier? Round 3 · under discussion" in said


def test_sent_twice_is_one_entry(as_amina, session, partnership, entry):
    again = as_amina.post(address(partnership), data=FINDING)
    assert again.headers["location"] == address(partnership, f"/{entry.id}")
    assert len(discussions.of_partnership(session, partnership.id)) == 1


def test_any_index_of_the_release_can_be_taken_up(as_amina, partnership):
    assert as_amina.get(address(partnership, "/new?round=1&target=construct:T")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?round=3",
        "?round=9&target=item:T1",
        "?round=3&target=item:ZZ",
        "?round=x&target=item:T1",
        "?round=3&target=",
    ],
)
def test_unknown_finding(as_amina, partnership, query):
    assert as_amina.get(address(partnership, "/new" + query)).status_code == 404


@pytest.mark.parametrize(("question", "words"), [("  ", "Please write a question."), ("x" * 4001, "4000 fit")])
def test_question_is_checked(as_amina, session, partnership, question, words):
    answer = as_amina.post(address(partnership), data={**FINDING, "question": question})
    assert answer.status_code == 422
    assert words in answer.text
    assert discussions.of_partnership(session, partnership.id) == []


def test_entry_of_what_the_release_does_not_hold(as_amina, session, partnership):
    assert as_amina.post(address(partnership), data={**FINDING, "target": "item:ZZ"}).status_code == 404
    assert discussions.of_partnership(session, partnership.id) == []


def test_agreement_is_recorded(as_amina, session, partnership, entry, agreed, amina):
    answer = as_amina.post(address(partnership, f"/{entry.id}"), data=agreed)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{entry.id}"))
    said = read(as_amina.get(answer.headers["location"]))
    assert "· agreed" in said
    assert "What the numbers said then, and since" in said
    assert (entry.agreed_action, entry.due_on.isoformat()) == ("Share the calendar", "2026-09-30")
    assert audit.verify_chain(session) is None


def test_outcome_closes_the_circle(as_amina, partnership, entry, agreed):
    as_amina.post(address(partnership, f"/{entry.id}"), data=agreed)
    as_amina.post(
        address(partnership, f"/{entry.id}"), data={**agreed, "status": "done", "outcome": "Shared <monthly>"}
    )
    page = as_amina.get(address(partnership))
    assert "What became of it Shared <monthly>" in read(page)
    assert "&lt;monthly&gt;" in page.text


def test_overdue_is_said(as_amina, log_in, amina, clock, partnership, entry, agreed):
    as_amina.post(address(partnership, f"/{entry.id}"), data=agreed)
    clock.now = clock.now.replace(month=11)
    assert "agreed, past its date" in read(log_in(amina).get(address(partnership)))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"action": ""}, "An agreement needs an action, an owner and a date."),
        ({"owner": ""}, "An agreement needs an action, an owner and a date."),
        ({"due_on": ""}, "An agreement needs an action, an owner and a date."),
        ({"due_on": "2026-01-01"}, "The date of a new agreement lies in the past."),
        ({"due_on": "31.12.2026"}, "This is not a date."),
        ({"status": "won"}, "Please choose one of the four."),
        ({"owner": str(uuid4())}, "The owner must be a partner of this partnership."),
        ({"owner": "x"}, "The owner must be a partner of this partnership."),
        ({"outcome": "x" * 4001}, "This text has 4001 characters; 4000 fit."),
    ],
)
def test_faults_are_said_and_nothing_saved(as_amina, partnership, entry, agreed, changed, words):
    answer = as_amina.post(address(partnership, f"/{entry.id}"), data={**agreed, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Nothing was saved yet" in answer.text
    if "action" not in changed:
        assert "Share the calendar" in answer.text
    assert (entry.status, entry.agreed_action) == ("open", "")


def test_same_agreement_twice(as_amina, partnership, entry, agreed):
    for _ in range(2):
        assert as_amina.post(address(partnership, f"/{entry.id}"), data=agreed).status_code == 303
    assert entry.status == "agreed"


def test_reader_reads_but_does_not_write(log_in, session, partnership, entry, agreed):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    as_reader = log_in(reader)
    page = as_reader.get(address(partnership, f"/{entry.id}"))
    assert page.status_code == 200
    assert 'name="action"' not in page.text
    assert as_reader.post(address(partnership, f"/{entry.id}"), data=agreed).status_code == 404
    assert as_reader.get(address(partnership, "/new?round=3&target=item:T1")).status_code == 404
    assert as_reader.post(address(partnership), data={**FINDING, "question": "Other?"}).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership, entry, agreed):
    as_stranger = log_in(stranger)
    for rest in ("", f"/{entry.id}", "/new?round=3&target=item:T1"):
        assert as_stranger.get(address(partnership, rest)).status_code == 404
    assert as_stranger.post(address(partnership), data=FINDING).status_code == 404
    assert as_stranger.post(address(partnership, f"/{entry.id}"), data=agreed).status_code == 404


def test_entry_of_another_partnership(as_amina, session, amina, entry, agreed):
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    assert as_amina.get(address(other, f"/{entry.id}")).status_code == 404
    assert as_amina.post(address(other, f"/{entry.id}"), data=agreed).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_or_malformed_entry(as_amina, partnership, unknown):
    assert as_amina.get(address(partnership, f"/{unknown}")).status_code == 404


def test_wrong_method(as_amina, partnership, entry):
    assert as_amina.delete(address(partnership, f"/{entry.id}")).status_code == 405


def test_another_site_cannot_write(as_amina, session, partnership):
    answer = as_amina.post(address(partnership), data=FINDING, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert discussions.of_partnership(session, partnership.id) == []
