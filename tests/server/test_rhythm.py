"""The rhythm of a series proposes dates (/rhythm); an approved round begins by itself; answers are counted daily."""

from __future__ import annotations

import html
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from server.scheduling import next_closing
from server.ticker import tick
from surveys import ballots, mailings, response, rounds
from surveys.database import transaction
from surveys.models import Round
from tests.factories import NOW, cast_all, make_partnership, make_round
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def page(partnership):
    return f"/partnerships/{partnership.id}/rhythm"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, session, partnership, page, released):
    partnership.instrument_code = "pti-1"
    assert 'value="6" checked' in as_amina.get(page).text
    answer = as_amina.post(page, data={"months": "12", "dates": "2027-06-30, 2026-12-15"})
    assert answer.status_code == 303
    assert (partnership.rhythm_months, partnership.round_dates) == (12, ["2026-12-15", "2027-06-30"])
    form = as_amina.get(f"/partnerships/{partnership.id}/rounds/new").text
    assert 'value="2026-12-15T' in form
    assert 'value="2026-12-01T08:00"' in form


@pytest.mark.parametrize(
    "given",
    [
        {"months": "7"},
        {"dates": "30.6.2027"},
        {"dates": "2027-02-30"},
        {"dates": "9999-01-01"},
        {"dates": " ".join(f"2027-01-{day:02}" for day in range(1, 32)) + " 2028-01-01" * 10},
    ],
)
def test_faults_change_nothing(as_amina, partnership, page, given):
    answer = as_amina.post(page, data={"months": "6", "dates": "", **given})
    assert answer.status_code == 422
    assert "Nothing was changed." in read(answer)
    assert (partnership.rhythm_months, partnership.round_dates) == (6, [])


@pytest.mark.parametrize("months", ["0", "-1", "x", "61"])
def test_malformed_months(as_amina, page, months):
    assert as_amina.post(page, data={"months": months}).status_code == 422


def test_stranger_finds_nothing(log_in, stranger, partnership, page):
    assert log_in(stranger).get(page).status_code == 404
    assert log_in(stranger).post(page, data={"months": "3"}).status_code == 404
    assert partnership.rhythm_months == 6


def test_next_closing(partnership):
    last = Round(closes_at=datetime(2026, 1, 31, 10, tzinfo=UTC))
    assert next_closing(partnership, last, NOW).date() == date(2026, 7, 31)
    partnership.round_dates = ["2026-02-10", "2026-09-01"]
    assert next_closing(partnership, last, NOW).date() == date(2026, 9, 1)
    partnership.round_dates = ["2026-02-10"]  # all behind us: the rhythm goes on
    assert next_closing(partnership, last, NOW).date() == date(2026, 7, 31)
    assert next_closing(partnership, last, datetime(2030, 1, 1, tzinfo=UTC)).date() > date(2030, 1, 1)


def test_approved_round_begins_by_itself(fresh_engine, keystore, tmp_path):
    """At its opening time, with its invitations; one that nobody approved does not."""
    with transaction(fresh_engine) as session:
        given = {"state": "prepared", "opens_at": NOW, "closes_at": NOW + timedelta(days=14)}
        approved, alone = (make_round(session, keystore, **given) for _ in range(2))
        rounds.approve(session, approved, by="Dara, trustee")
    assert tick(fresh_engine, keystore, tmp_path, now=NOW - timedelta(minutes=1)).started == 0
    assert tick(fresh_engine, keystore, tmp_path, now=NOW).started == 1
    assert tick(fresh_engine, keystore, tmp_path, now=NOW).started == 0
    with Session(fresh_engine) as session:
        assert session.get_one(Round, approved.id).state == "open"
        assert session.get_one(Round, alone.id).state == "prepared"
        assert {one.kind for one in mailings.of_round(session, approved)} == {"invitation", "reminder"}


def test_round_of_the_past_does_not_begin(fresh_engine, keystore, tmp_path):
    with transaction(fresh_engine) as session:
        given = {"state": "prepared", "opens_at": NOW - timedelta(days=9), "closes_at": NOW - timedelta(days=1)}
        rounds.approve(session, make_round(session, keystore, **given), by="Dara")
    assert tick(fresh_engine, keystore, tmp_path, now=NOW).started == 0


def test_answers_are_counted_once_a_day(fresh_engine, keystore, tmp_path):
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, opens_at=NOW, closes_at=NOW + timedelta(days=14))
        cast_all(session, keystore, round_, T1=5)
    tick(fresh_engine, keystore, tmp_path, now=NOW)
    with transaction(fresh_engine) as session:
        keys = keystore.load(round_.id)
        for one in list(rounds.invitations_of(session, round_))[:3]:
            ballots.withdraw(session, keys, one.id)
    for hours, answered in ((1, 8), (7, 8), (8, 5)):  # midnight in Phnom Penh is at 17:00 UTC
        tick(fresh_engine, keystore, tmp_path, now=NOW + timedelta(hours=hours))
        with Session(fresh_engine) as session:
            found = response.find(session, session.get_one(Round, round_.id))
            assert (found.answered, found.invited) == (answered, 8)
    with Session(fresh_engine) as session:
        assert mailings.plan_of(session, round_).reminders == [7, 2]  # counting changes no plan


def test_count_is_shown_to_every_seat(log_in, amina, session, keystore, partnership, now):
    round_ = make_round(session, keystore, partnership=partnership)
    cast_all(session, keystore, round_, T1=5)
    response.count_today(session, round_, keystore, now)
    session.flush()
    page = read(log_in(amina).get(f"/partnerships/{partnership.id}/rounds/1"))
    assert "Answered so far 8 of 8 people, counted on 15 June 2026; counted once a day" in page


def test_welcome_page_says_when_reminders_come(invited):
    said = read(invited().see("/answer"))
    assert "Reminders go by themselves to those who have not handed in yet:" in said


def test_another_partnership_keeps_its_rhythm(as_amina, session, partnership, page):
    other = make_partnership(session)
    as_amina.post(page, data={"months": "3"})
    assert (partnership.rhythm_months, other.rhythm_months) == (3, 6)
