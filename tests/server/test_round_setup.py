"""From nothing to an open round, and closing it: /rounds/new, /rounds, /dates, /start, /close."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from surveys import accounts, audit, rounds
from surveys.models import AuditEntry
from tests.factories import cast_all, make_account, make_partnership, make_round
from tests.server.conftest import text_of

DATES = {"label": "Spring 2027", "opens_at": "2026-07-01T08:00", "closes_at": "2026-07-15T17:00"}
ACTS = ("dates", "start", "close")


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/rounds{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def prepared(session, keystore, partnership, now):
    return make_round(
        session,
        keystore,
        partnership=partnership,
        state="prepared",
        opens_at=now + timedelta(days=1),
        closes_at=now + timedelta(days=15),
    )


@pytest.fixture
def opened(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership)


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, session, keystore, partnership, amina):
    partnership.instrument_code = "pti-1"
    form = as_amina.get(address(partnership, "/new"))
    assert 'value="2026-06-16T08:00"' in form.text
    answer = as_amina.post(address(partnership), data=DATES)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, "/1"))
    (round_,) = rounds.of_partnership(session, partnership.id)
    assert (round_.label, round_.state) == ("Spring 2027", "prepared")
    assert round_.opens_at == datetime(2026, 7, 1, 1, 0, tzinfo=UTC)  # seven hours behind Phnom Penh
    assert "Write the invitation list" in read(as_amina.get(address(partnership, "/1")))
    assert audit.verify_chain(session) is None


def test_own_questionnaire_is_used_again(as_amina, session, partnership, released):
    as_amina.post(address(partnership), data=DATES)
    last = rounds.of_partnership(session, partnership.id)[-1]
    assert rounds.instrument_of(session, last).code == "sample"


def test_form_sent_twice_makes_one_round(as_amina, session, partnership, released):
    for _ in range(2):
        assert as_amina.post(address(partnership), data=DATES).headers["location"] == address(partnership, "/4")
    assert len(rounds.of_partnership(session, partnership.id)) == 4
    assert as_amina.get(address(partnership, "/new")).headers["location"] == address(partnership, "/4")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"closes_at": "2026-07-01T08:00"}, "A round must close after it opens."),
        ({"opens_at": "2026-01-01T08:00", "closes_at": "2026-02-01T08:00"}, "The closing time lies in the past."),
        ({"opens_at": ""}, "Please give both times as a day and an hour."),
        ({"opens_at": "tomorrow"}, "Please give both times as a day and an hour."),
        ({"closes_at": "9999-07-01T08:00"}, "Please give both times as a day and an hour."),
        ({"closes_at": "2026-07-15T17:00+07:00"}, "Please give both times as a day and an hour."),
        ({"label": "x" * 81}, "The label has at most 80 characters"),
    ],
)
def test_faults_are_said_and_nothing_saved(as_amina, session, partnership, released, changed, words):
    answer = as_amina.post(address(partnership), data={**DATES, **changed})
    assert answer.status_code == 422
    assert words in answer.text
    assert len(rounds.of_partnership(session, partnership.id)) == 3


@pytest.mark.parametrize("phase", ["imported", "closed"])
def test_no_new_round_for_finished_partnerships(as_amina, partnership, phase):
    partnership.phase = phase
    assert as_amina.get(address(partnership, "/new")).status_code == 404
    assert as_amina.post(address(partnership), data=DATES).status_code == 404


def test_dates_are_changed(as_amina, session, partnership, prepared):
    rounds.approve(session, prepared, by="Dara, trustee")
    assert 'value="2026-06-16T16:00"' in as_amina.get(address(partnership, "/1/dates")).text
    assert as_amina.post(address(partnership, "/1/dates"), data=DATES).status_code == 303
    assert (prepared.label, prepared.opens_at) == ("Spring 2027", datetime(2026, 7, 1, 1, 0, tzinfo=UTC))
    assert prepared.approved_by == ""


def test_label_alone_keeps_the_approval(as_amina, session, partnership, prepared):
    rounds.approve(session, prepared, by="Dara, trustee")
    same = {"label": "Spring", "opens_at": "2026-06-16T16:00", "closes_at": "2026-06-30T16:00"}
    as_amina.post(address(partnership, "/1/dates"), data=same)
    assert (prepared.label, prepared.approved_by) == ("Spring", "Dara, trustee")


def test_second_person_approves_then_it_starts(as_amina, session, keystore, partnership, prepared):
    rounds.approve(session, prepared, by="Dara, trustee")
    assert "Approved by Dara, trustee." in read(as_amina.get(address(partnership, "/1")))
    assert as_amina.post(address(partnership, "/1/start")).status_code == 303
    assert (prepared.state, sum(prepared.invited.values())) == ("open", 8)
    assert keystore.holds(prepared.id)
    assert "ready, opens on 16 June 2026, 16:00" in read(as_amina.get(address(partnership, "/1")))


def test_started_twice_is_started_once(as_amina, session, partnership, prepared):
    rounds.approve(session, prepared, by="Dara, trustee")
    as_amina.post(address(partnership, "/1/start"))
    seed = prepared.seed
    assert as_amina.post(address(partnership, "/1/start")).status_code == 303
    assert prepared.seed == seed


def test_start_needs_the_approval(as_amina, partnership, prepared):
    answer = as_amina.post(address(partnership, "/1/start"))
    assert answer.status_code == 409
    assert "A second person must approve the list first." in answer.text
    assert prepared.state == "prepared"


def test_start_after_the_closing_time(as_amina, session, partnership, prepared, now):
    rounds.approve(session, prepared, by="Dara, trustee")
    prepared.opens_at, prepared.closes_at = now - timedelta(days=2), now - timedelta(days=1)
    session.flush()
    assert "change the dates first" in as_amina.post(address(partnership, "/1/start")).text
    assert prepared.state == "prepared"


def test_close_waits_for_its_time(as_amina, partnership, opened):
    answer = as_amina.post(address(partnership, "/1/close"))
    assert answer.status_code == 409
    assert "Not everybody has answered yet" in answer.text
    assert opened.state == "open"


def test_close_early_when_everybody_answered(as_amina, session, keystore, partnership, opened):
    cast_all(session, keystore, opened, T1=7)
    for _ in range(2):
        assert as_amina.post(address(partnership, "/1/close")).status_code == 303
    assert opened.state == "closed"


def test_close_with_too_few_extends_once(as_amina, log_in, amina, clock, partnership, opened):
    clock.now = opened.closes_at + timedelta(hours=2)
    log_in(amina).post(address(partnership, "/1/close"))
    assert (opened.state, opened.extended) == ("open", True)
    assert "extended once by 14 days" in read(as_amina.get(address(partnership, "/1")))


@pytest.mark.parametrize("act", ["dates", "start"])
def test_open_round_is_not_prepared_again(as_amina, partnership, opened, act):
    answer = as_amina.post(address(partnership, f"/1/{act}"), data={**DATES, "by": "Dara"})
    assert answer.status_code == (303 if act == "start" else 409)
    assert opened.label == "Round 1"


def test_acts_are_on_record(as_amina, session, partnership, prepared):
    as_amina.post(address(partnership, "/1/dates"), data=DATES)
    rounds.approve(session, prepared, by="Dara, trustee")
    as_amina.post(address(partnership, "/1/start"))
    entries = session.exec(AuditEntry.__table__.select()).all()
    assert [entry.act for entry in entries][-2:] == ["changed the dates of a round", "started a round"]
    assert {entry.actor for entry in entries} == {"amina@example.org"}


@pytest.mark.parametrize("act", ACTS)
def test_stranger_finds_nothing(log_in, stranger, partnership, prepared, act):
    browser_of = log_in(stranger)
    assert browser_of.post(address(partnership, f"/1/{act}"), data={**DATES, "by": "Dara"}).status_code == 404
    assert browser_of.get(address(partnership, "/new")).status_code == 404
    assert browser_of.post(address(partnership), data=DATES).status_code == 404
    assert prepared.approved_by == ""


@pytest.mark.parametrize("act", ACTS)
def test_reader_may_not(log_in, session, partnership, prepared, act):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    assert log_in(reader).post(address(partnership, f"/1/{act}"), data=DATES).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_round_of_another_partnership(as_amina, session, keystore, act):
    other = make_partnership(session)
    make_round(session, keystore, partnership=other, state="prepared")
    assert as_amina.post(address(other, f"/1/{act}"), data=DATES).status_code == 404


@pytest.mark.parametrize("number", [2, 0, "x"])
def test_unknown_or_malformed_number(as_amina, partnership, prepared, number):
    assert as_amina.get(address(partnership, f"/{number}/dates")).status_code == 404
    assert as_amina.post(address(partnership, f"/{number}/start")).status_code in (404, 422)


def test_unknown_partnership(as_amina):
    assert as_amina.get(f"/partnerships/{uuid4()}/rounds/new").status_code == 404


@pytest.mark.parametrize("act", ["start", "close"])
def test_reading_changes_nothing(as_amina, partnership, prepared, act):
    assert as_amina.get(address(partnership, f"/1/{act}")).status_code == 405


def test_another_site_cannot_start(as_amina, session, partnership, prepared):
    rounds.approve(session, prepared, by="Dara, trustee")
    answer = as_amina.post(address(partnership, "/1/start"), headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert prepared.state == "prepared"
