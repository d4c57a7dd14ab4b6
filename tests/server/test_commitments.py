"""/partnerships/{id}/commitments: promised by one, dated, done with evidence, verified by the other side."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from surveys import accounts, commitments, discussions
from surveys.commitments import Promise
from surveys.partnerships import members_on
from tests.factories import NOW, make_account, make_partnership
from tests.server.conftest import text_of


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/commitments{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def members(session, partnership):
    """Ministry, donor, NGO, bank: by the first word of the name."""
    return {one.name.split()[0]: one for _, one in members_on(session, partnership.id, NOW.date())}


@pytest.fixture
def form(members):
    ministry, donor = str(members["Ministry"].id), str(members["Northern"].id)
    return {"what": "Share the calendar", "owner": ministry, "to": donor, "due_on": "2026-09-30", "target": "item:T1"}


@pytest.fixture
def as_amina(log_in, amina, released):
    return log_in(amina)


@pytest.fixture
def made(as_amina, session, partnership, form):
    as_amina.post(address(partnership), data=form)
    return commitments.of_partnership(session, partnership.id)[0]


@pytest.fixture
def sit_for(log_in, session, partnership, members):
    def as_representative(of):
        account = make_account(session, of.lower())
        accounts.entrust(session, account, partnership.id, role="representative", organization_id=members[of].id)
        session.flush()
        return log_in(account)

    return as_representative


def test_it_works(as_amina, session, partnership, form, members):
    assert "No commitment is open." in as_amina.get(address(partnership)).text
    answer = as_amina.post(address(partnership), data=form)
    (made,) = commitments.of_partnership(session, partnership.id)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{made.id}"))
    assert (made.status, made.owner_organization_id, made.target) == ("agreed", members["Ministry"].id, "item:T1")
    said = read(as_amina.get(address(partnership)))
    assert "Share the calendar Ministry of Rural Works" in said
    assert "until 30 September 2026 · agreed" in said
    assert "too early to tell: no round since then" in said


def test_sent_twice_is_one(as_amina, session, partnership, form, made):
    as_amina.post(address(partnership), data=form)
    assert len(commitments.of_partnership(session, partnership.id)) == 1


def test_comes_from_a_question(as_amina, session, partnership, released, form):
    entry = discussions.open_entry(
        session,
        partnership_id=partnership.id,
        round_id=released[2].id,
        target="item:T1",
        question="What would help?",
        now=NOW,
    )
    new = as_amina.get(address(partnership, f"/new?entry={entry.id}"))
    assert "What would help?" in new.text
    assert 'value="item:T1" selected' in new.text
    as_amina.post(address(partnership), data={**form, "entry": str(entry.id)})
    assert "Share the calendar" in as_amina.get(f"/partnerships/{partnership.id}/discussion/{entry.id}").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"owner": ""}, "Please choose one."),
        ({"owner": str(uuid4())}, "Please choose one of those offered."),
        ({"owner": "' OR 1=1"}, "Please choose one of those offered."),
        ({"what": "  "}, "Please write something here."),
        ({"what": "x" * 50_000}, "This text has 50000 characters; 4000 fit."),
        ({"due_on": "2026-06-14"}, "This date lies in the past."),
        ({"due_on": "31.12.2026"}, "This is not a date."),
        ({"due_on": "9999-12-31"}, "This is not a date."),
        ({"target": "item:ZZ"}, "Please choose one of those offered."),
    ],
)
def test_faults_are_said_and_nothing_saved(as_amina, session, partnership, form, changed, words):
    answer = as_amina.post(address(partnership), data={**form, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert commitments.of_partnership(session, partnership.id) == []


def test_owner_does_not_promise_to_itself(as_amina, session, partnership, form):
    answer = as_amina.post(address(partnership), data={**form, "to": form["owner"]})
    assert (answer.status_code, commitments.of_partnership(session, partnership.id)) == (422, [])


def test_without_a_date_it_is_a_draft(as_amina, session, partnership, form):
    as_amina.post(address(partnership), data={**form, "due_on": ""})
    (made,) = commitments.of_partnership(session, partnership.id)
    assert made.status == "draft"
    as_amina.post(address(partnership, f"/{made.id}/date"), data={"due_on": "2026-08-01", "version": "1"})
    assert (made.status, made.due_on.isoformat()) == ("agreed", "2026-08-01")


def test_owner_reports_and_the_other_side_verifies(session, partnership, made, sit_for, clock):
    clock.now = NOW + timedelta(days=120)
    done = {"evidence": "Posted on the shared drive", "done_on": "2026-10-05", "version": "1"}
    owner = sit_for("Ministry")
    assert owner.post(address(partnership, f"/{made.id}/done"), data=done).status_code == 303
    yes = {"found": "yes", "verifier": str(made.owner_organization_id), "person": "Dara", "version": "2"}
    assert owner.post(address(partnership, f"/{made.id}/verify"), data=yes).status_code == 404  # never its owner
    assert made.status == "done"
    donor = sit_for("Northern")
    yes["verifier"] = str(made.to_organization_id)
    assert donor.post(address(partnership, f"/{made.id}/verify"), data=yes).status_code == 303
    assert (made.status, made.verified_by) == ("verified", "Dara")
    said = read(donor.get(address(partnership, f"/{made.id}")))
    assert "Days late 5" in said
    assert "Dara for Northern Development Fund" in said
    assert "Done and verified, of those due 1 of 1 (21 to 100 %)" in read(donor.get(address(partnership)))


def test_what_is_not_done_is_given_back(as_amina, session, partnership, made, sit_for):
    as_amina.post(
        address(partnership, f"/{made.id}/done"), data={"evidence": "e", "done_on": "2026-06-15", "version": "1"}
    )
    no = {"found": "no", "verifier": str(made.to_organization_id), "person": "Dara", "version": "2"}
    donor = sit_for("Northern")
    assert donor.post(address(partnership, f"/{made.id}/verify"), data=no).status_code == 422
    donor.post(address(partnership, f"/{made.id}/verify"), data={**no, "note": "Only June is there."})
    assert (made.status, made.done_on, made.note) == ("agreed", None, "Only June is there.")


def test_promised_to_all_is_verified_by_the_other_side(as_amina, session, partnership, form, members, sit_for):
    as_amina.post(address(partnership), data={**form, "to": ""})
    (made,) = commitments.of_partnership(session, partnership.id)
    owner = members["Ministry"]
    who = {name for name, one in members.items() if commitments.may_verify(made, one, owner)}
    assert who == {"Northern", "Bank"}


@pytest.mark.parametrize("of", ["Village", "Bank"])
def test_third_partner_takes_no_step(as_amina, partnership, made, sit_for, of):
    other = sit_for(of)
    assert "Share the calendar" in other.get(address(partnership, f"/{made.id}")).text
    for step in ("date", "done", "verify", "drop"):
        assert other.post(address(partnership, f"/{made.id}/{step}"), data={"version": "1"}).status_code == 404
    assert made.status == "agreed"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"evidence": ""}, "Please write something here."),
        ({"done_on": "2026-06-16"}, "This date lies in the future."),
        ({"done_on": "2026-06-14"}, "It cannot have been done before it was agreed."),
        ({"done_on": ""}, "Please give a date."),
    ],
)
def test_done_needs_evidence_and_a_real_day(as_amina, partnership, made, changed, words):
    done = {"evidence": "Posted", "done_on": "2026-06-15", "version": "1"}
    answer = as_amina.post(address(partnership, f"/{made.id}/done"), data={**done, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert made.status == "agreed"


def test_done_twice_is_done_once(as_amina, partnership, made):
    done = {"evidence": "Posted", "done_on": "2026-06-15", "version": "1"}
    for _ in range(2):
        assert as_amina.post(address(partnership, f"/{made.id}/done"), data=done).status_code == 303
    assert (made.status, made.version) == ("done", 2)


def test_later_writer_sees_what_changed(as_amina, partnership, made):
    as_amina.post(address(partnership, f"/{made.id}/date"), data={"due_on": "2026-12-01", "version": "1"})
    done = {"evidence": "Posted <today>", "done_on": "2026-06-15", "version": "1"}
    answer = as_amina.post(address(partnership, f"/{made.id}/done"), data=done)
    assert answer.status_code == 409
    assert "This commitment was changed meanwhile." in answer.text
    assert "Posted &lt;today&gt;</textarea>" in answer.text
    assert made.status == "agreed"


def test_overdue_is_said_everywhere(log_in, amina, clock, partnership, made):
    clock.now = NOW + timedelta(days=200)
    as_amina = log_in(amina)
    assert "agreed, past its date" in read(as_amina.get(address(partnership)))
    assert "Past their date 93 days (median of 1)" in read(as_amina.get(address(partnership)))
    assert "agreed actions past their date: 1" in as_amina.get(f"/partnerships/{partnership.id}").text


def test_dropped_with_a_reason(as_amina, partnership, made):
    assert as_amina.post(address(partnership, f"/{made.id}/drop"), data={"version": "1"}).status_code == 422
    as_amina.post(address(partnership, f"/{made.id}/drop"), data={"version": "1", "reason": "Merged into another."})
    assert (made.status, made.note) == ("dropped", "Merged into another.")


def test_moved_beyond_noise_is_said(as_amina, session, partnership, members, released):
    promised = Promise("Publish the rules", members["Ministry"].id, None, released[2].closed_on, "headline:trust")
    commitments.make(
        session, partnership.id, promised, members=[members["Ministry"].id], by="A", now=released[1].closes_at
    )
    said = read(as_amina.get(address(partnership)))
    assert "agreed in Dec 2024; since then +9 (+2 to +16)" in said


def test_stranger_finds_nothing(log_in, stranger, partnership, form, made):
    as_stranger = log_in(stranger)
    for rest in ("", "/new", f"/{made.id}"):
        assert as_stranger.get(address(partnership, rest)).status_code == 404
    assert as_stranger.post(address(partnership), data=form).status_code == 404


def test_reader_reads_only(log_in, session, partnership, form, made):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    as_reader = log_in(reader)
    assert as_reader.get(address(partnership, f"/{made.id}")).status_code == 200
    assert as_reader.get(address(partnership, "/new")).status_code == 404
    assert as_reader.post(address(partnership), data=form).status_code == 404
    assert as_reader.post(address(partnership, f"/{made.id}/done"), data={"version": "1"}).status_code == 404


def test_commitment_of_another_partnership(as_amina, session, amina, made):
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    assert as_amina.get(address(other, f"/{made.id}")).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_or_malformed(as_amina, partnership, unknown):
    assert as_amina.get(address(partnership, f"/{unknown}")).status_code == 404


def test_entry_that_is_not_there(as_amina, partnership, form):
    assert as_amina.post(address(partnership), data={**form, "entry": "x"}).status_code == 404
    assert as_amina.post(address(partnership), data={**form, "entry": str(uuid4())}).status_code == 404
