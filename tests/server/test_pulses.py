"""A pulse between two rounds: prepared, answered, opened by one key, read; and the trend does not know it."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from server.opening import open_round
from surveys import ballots, key_locks, pulses, releases, rounds
from surveys.database import transaction
from surveys.instruments import standard_instrument
from surveys.models import CarryOver, Round
from tests.factories import cast_all, make_organization, make_partnership, make_round, payload_of, secret_of
from tests.server.conftest import text_of

DATES = {"label": "", "opens_at": "2026-07-01T08:00", "closes_at": "2026-07-08T17:00", "kind": "pulse"}
PULSE = pulses.pulse_of(standard_instrument())


def read(page):
    return html.unescape(text_of(page.text))


def test_three_statements_as_they_are():
    assert [item.code for item in PULSE.items] == ["T1", "R1", "R5"] or [item.code for item in PULSE.items] == [
        "R1",
        "T1",
        "R5",
    ]
    by_code = {item.code: item for item in standard_instrument().items}
    assert all(item == by_code[item.code] for item in PULSE.items)
    assert (PULSE.dyadic, PULSE.background, PULSE.open_questions, PULSE.headlines) == (None, (), (), ())
    assert PULSE.digest != standard_instrument().digest


def test_it_works(log_in, amina, session, partnership, released):
    partnership.instrument_code = "pti-1"
    browser = log_in(amina)
    assert "a pulse: three statements" in read(browser.get(f"/partnerships/{partnership.id}/rounds/new"))
    answer = browser.post(f"/partnerships/{partnership.id}/rounds", data=DATES)
    assert answer.status_code == 303
    made = rounds.of_partnership(session, partnership.id)[-1]
    assert (made.kind, made.label, rounds.instrument_of(session, made)) == ("pulse", "Pulse 4", PULSE)


def test_no_pulse_before_the_first_round(log_in, amina, session, partnership):
    browser = log_in(amina)
    partnership.instrument_code = "pti-1"
    assert "a pulse" not in read(browser.get(f"/partnerships/{partnership.id}/rounds/new"))
    assert browser.post(f"/partnerships/{partnership.id}/rounds", data=DATES).status_code == 409
    assert rounds.of_partnership(session, partnership.id) == []


@pytest.fixture
def asked_pulse(session, keystore):
    return make_round(session, keystore, instrument=PULSE, kind="pulse", people=3)


def test_answered_in_one_page(session, keystore, asked_pulse, new_browser):
    person = next(iter(rounds.invitations_of(session, asked_pulse)))
    phone = new_browser()
    phone.post("/i", data={"secret": secret_of(keystore, asked_pulse, person)})
    welcome = read(phone.get("/answer"))
    assert "position of your organization" not in welcome
    for part, answers in (("T", {"T1": "7"}), ("R", {"R1": "6", "R5": "5"})):
        assert phone.post(f"/answer/part/{part}", data={**answers, "go": "on"}).status_code == 303
    assert phone.post("/answer/hand-in").status_code == 303
    assert ballots.has_cast(session, keystore.load(asked_pulse.id), person.id)


def test_opened_by_one_key(session, keystore):
    """Also where several holders open the rounds."""
    partnership = make_partnership(session, keys_needed=2)
    made = make_round(session, keystore, partnership=partnership, instrument=PULSE, kind="pulse", people=3)
    assert made.state == "open"
    assert key_locks.find_lock(session, made.id) is None


def test_pulse_is_read_and_the_trend_does_not_know_it(fresh_engine, keystore, now):
    with transaction(fresh_engine) as session:
        members = [make_organization(session, kind=kind) for kind in ("central_government", "donor_country") * 3]
        partnership = make_partnership(session, members=members)
        first = make_round(
            session,
            keystore,
            partnership=partnership,
            opens_at=now - timedelta(days=90),
            closes_at=now - timedelta(days=70),
        )
        cast_all(session, keystore, first, T1=5)
    close_and_open(fresh_engine, keystore, first)
    with Session(fresh_engine) as session:
        box = session.exec(select(CarryOver.box)).one()
    pulse_ids = []
    for days in (60, 30):
        with transaction(fresh_engine) as session:
            given = {"opens_at": now - timedelta(days=days), "closes_at": now - timedelta(days=days - 7)}
            made = make_round(
                session, keystore, partnership=partnership, instrument=PULSE, kind="pulse", people=3, **given
            )
            keys = keystore.load(made.id)
            for place, one in enumerate(rounds.invitations_of(session, made)):
                answers = {"R1": place % 7, "T1": 3 + place % 5, "R5": 5 + place % 3}
                ballots.cast(session, made, keys, one.id, payload_of(one, **answers))
        close_and_open(fresh_engine, keystore, made)
        pulse_ids.append(made.id)
    with Session(fresh_engine) as session:
        assert [one.round_number for one in releases.series(session, partnership.id)] == [1]
        found = releases.of_pulses(session, partnership.id)
        assert [one.round_number for one in found] == [2, 3]
        level = found[0].find("level", "item:R1")
        assert level is not None
        assert level.value is not None
        assert not [cell for cell in found[1].cells if cell.estimate.startswith("change") and cell.value is not None]
        assert session.exec(select(CarryOver.box)).one() == box


def close_and_open(engine, keystore, round_):
    late = round_.closes_at + timedelta(hours=2)
    with transaction(engine) as session:
        assert rounds.close(session, session.get_one(Round, round_.id), keystore, now=late) == "closed"
    assert open_round(engine, keystore, round_.id, now=late) == "released"


def test_page_and_brief_of_a_pulse(log_in, amina, session, keystore, partnership, released, now):
    from server.opening import _answers, _Opened, _released, partners_of

    made = make_round(session, keystore, partnership=partnership, instrument=PULSE, kind="pulse", people=3)
    keys = keystore.load(made.id)
    for place, one in enumerate(rounds.invitations_of(session, made)):
        ballots.cast(session, made, keys, one.id, payload_of(one, R1=place % 7, T1=3 + place % 5, R5=5 + place % 3))
    session.flush()
    box = ballots.unseal(session, made, keys)
    opened = _Opened(made, partnership, PULSE, partners_of(session, made), box, [], [])
    releases.store(session, made, _released(session, opened, _answers(opened)).release, now=now)
    made.state = "released"
    session.flush()
    browser = log_in(amina)
    page = browser.get(f"/partnerships/{partnership.id}/rounds/4")
    assert page.status_code == 200
    assert "Pulse 4" in read(page)
    assert "Partners in this partnership do what they said they would do." in read(page)
    assert browser.get(f"/partnerships/{partnership.id}/rounds/4/brief").status_code == 200
    assert browser.get(f"/partnerships/{partnership.id}/rounds/4/brief.pdf").content[:4] == b"%PDF"
    assert "Pulse 4" not in read(browser.get(f"/partnerships/{partnership.id}/trend"))
    assert browser.get(f"/partnerships/{partnership.id}").status_code == 200
    assert browser.get("/partnerships").status_code == 200
