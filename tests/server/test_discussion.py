"""/partnerships/{id}/discussion: from a finding to an entry, and what became of it."""

from __future__ import annotations

import html
from dataclasses import replace
from uuid import uuid4

import pytest

from surveys import accounts, audit, discussions, releases, replies
from surveys.partnerships import members_on
from tests.factories import NOW, make_account, make_partnership
from tests.sample_releases import SERIES
from tests.server.conftest import text_of

ABOUT = "I hear about decisions early enough."
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
def agreed(entry):
    return {"question": entry.question, "status": "agreed", "conclusion": "The calendar is shared.", "version": "1"}


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
    assert f"What would help us to hear earlier? {ABOUT} · under discussion" in said


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


@pytest.mark.parametrize(("question", "words"), [("  ", "Please write something here."), ("x" * 4001, "4000 fit")])
def test_question_is_checked(as_amina, session, partnership, question, words):
    answer = as_amina.post(address(partnership), data={**FINDING, "question": question})
    assert answer.status_code == 422
    assert words in answer.text
    assert discussions.of_partnership(session, partnership.id) == []


def test_entry_of_what_the_release_does_not_hold(as_amina, session, partnership):
    assert as_amina.post(address(partnership), data={**FINDING, "target": "item:ZZ"}).status_code == 404
    assert discussions.of_partnership(session, partnership.id) == []


def test_cites_the_release_it_saw(as_amina, session, partnership, entry, released):
    said = read(as_amina.get(address(partnership, f"/{entry.id}")))
    assert f"Cited: Round 3, release {entry.release_digest[:12]}, revision 1." in said
    assert "This release was revised" not in said
    assert "The budget came late <again>." in said
    levels = {
        ("level", "headline:transparency", "national"): 90.0,
        ("level", "headline:transparency", "external"): None,
    }
    changed = tuple(
        replace(one, value=levels.get((one.estimate, one.target, one.population), one.value), low=None, high=None)
        for one in SERIES[2].cells
    )
    later = replace(SERIES[2], revision=2, cells=changed, annotations=("one level withdrawn, one relabelled",))
    releases.store(session, released[2], later, now=NOW)
    session.flush()
    said = read(as_amina.get(address(partnership, f"/{entry.id}")))
    assert "This release was revised after it was cited: revision 2 stands now." in said
    assert "Transparency: 46 (37 to 55)" in said  # as it was seen then
    assert "34 (25 to 43)" not in said  # withdrawn since: shown no more


def test_agreement_is_recorded(as_amina, session, partnership, entry, agreed):
    answer = as_amina.post(address(partnership, f"/{entry.id}"), data=agreed)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{entry.id}"))
    said = read(as_amina.get(answer.headers["location"]))
    assert "· agreed" in said
    assert "What the numbers said then, and since" in said
    assert (entry.status, entry.conclusion, entry.version) == ("agreed", "The calendar is shared.", 2)
    assert audit.verify_chain(session) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"conclusion": " "}, "Please say what was agreed."),
        ({"question": ""}, "Please write something here."),
        ({"status": "won"}, "Please choose one of those offered."),
        ({"status": ""}, "Please choose one."),
        ({"conclusion": "x" * 50_000}, "This text has 50000 characters; 4000 fit. Nothing was cut or saved."),
    ],
)
def test_faults_are_said_and_nothing_saved(as_amina, partnership, entry, agreed, changed, words):
    answer = as_amina.post(address(partnership, f"/{entry.id}"), data={**agreed, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Nothing was saved yet" in answer.text
    assert (entry.status, entry.conclusion) == ("open", "")


def test_same_agreement_twice(as_amina, partnership, entry, agreed):
    for _ in range(2):
        assert as_amina.post(address(partnership, f"/{entry.id}"), data=agreed).status_code == 303
    assert (entry.status, entry.version) == ("agreed", 2)


def test_two_facilitators_lose_nothing(as_amina, log_in, session, partnership, entry, agreed):
    bopha = make_account(session, "bopha")
    accounts.entrust(session, bopha, partnership.id)
    session.flush()
    as_amina.post(address(partnership, f"/{entry.id}"), data=agreed)
    mine = {**agreed, "conclusion": "A calendar for <each> month."}
    answer = log_in(bopha).post(address(partnership, f"/{entry.id}"), data=mine)
    assert answer.status_code == 409
    said = read(answer)
    assert "Somebody else saved this meanwhile: Amina" in said
    assert "What was agreed The calendar is shared. A calendar for <each> month." in said
    assert "A calendar for &lt;each&gt; month.</textarea>" in answer.text
    assert entry.conclusion == "The calendar is shared."
    assert as_amina.post(address(partnership, f"/{entry.id}"), data={**mine, "version": "2"}).status_code == 303
    assert entry.conclusion == "A calendar for <each> month."


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40])
def test_nonsense_version_saves_nothing(as_amina, partnership, entry, agreed, version):
    assert as_amina.post(address(partnership, f"/{entry.id}"), data={**agreed, "version": version}).status_code == 409
    assert entry.status == "open"


def test_facilitator_orders_the_questions(as_amina, session, partnership, entry):
    as_amina.post(address(partnership), data={**FINDING, "target": "construct:T", "question": "Second?"})
    second = next(one for one in discussions.of_partnership(session, partnership.id) if one.id != entry.id)
    assert as_amina.post(address(partnership, f"/{second.id}/move"), data={"to": "up"}).status_code == 303
    said = read(as_amina.get(address(partnership)))
    assert said.index("Second?") < said.index(FINDING["question"])
    as_amina.post(address(partnership, f"/{second.id}/move"), data={"to": "up"})  # is the first already
    assert (second.place, entry.place) == (1, 2)
    assert as_amina.post(address(partnership, f"/{second.id}/move"), data={"to": "out"}).status_code == 422


@pytest.fixture
def as_ministry(log_in, session, partnership, entry, now):
    account = make_account(session, "ministry")
    ministry = members_on(session, partnership.id, now.date())[0][1]
    accounts.entrust(session, account, partnership.id, role="representative", organization_id=ministry.id)
    session.flush()
    return log_in(account)


def test_partner_replies_before_the_meeting(as_ministry, session, partnership, entry):
    for text in ("We publish <every> week.", "We publish every month."):
        answer = as_ministry.post(address(partnership, f"/{entry.id}/reply"), data={"reply": text})
        assert answer.status_code == 303
    said = read(as_ministry.get(answer.headers["location"]))
    assert "We publish every month. Ministry of Rural Works" in said
    assert len(replies.of_entry(session, entry.id)) == 1
    as_ministry.post(address(partnership, f"/{entry.id}/reply"), data={"reply": " "})
    assert replies.of_entry(session, entry.id) == []


def test_reply_that_is_too_long_or_too_late(as_ministry, session, partnership, entry):
    answer = as_ministry.post(address(partnership, f"/{entry.id}/reply"), data={"reply": "ក" * 4001})
    assert answer.status_code == 422
    assert "This text has 4001 characters; 4000 fit." in answer.text
    discussions.conclude(entry, "Agreed.", by="Amina", now=NOW)
    assert as_ministry.post(address(partnership, f"/{entry.id}/reply"), data={"reply": "But"}).status_code == 422
    assert replies.of_entry(session, entry.id) == []


def test_facilitator_does_not_reply_for_a_partner(as_amina, session, partnership, entry):
    assert as_amina.post(address(partnership, f"/{entry.id}/reply"), data={"reply": "x"}).status_code == 404
    assert replies.of_entry(session, entry.id) == []


def test_reader_reads_but_does_not_write(log_in, session, partnership, entry, agreed):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    as_reader = log_in(reader)
    page = as_reader.get(address(partnership, f"/{entry.id}"))
    assert page.status_code == 200
    assert 'name="conclusion"' not in page.text
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
