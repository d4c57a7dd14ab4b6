"""Lessons are written by whoever runs a partnership and found by everybody who may read them."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest

from surveys import accounts, lessons, registers
from tests.factories import NOW, make_account
from tests.server.conftest import text_of

GIVEN = {"name": "Fees first", "context": "Dry districts", "tried": "Users set the fee", "evidence": "Nine of ten pay"}


def write_at(partnership):
    return f"/partnerships/{partnership.id}/lessons/new"


def read(page):
    return html.unescape(text_of(page.text))


def test_it_works(log_in, amina, session, partnership):
    browser = log_in(amina)
    made = browser.post(write_at(partnership), data={**GIVEN, "audience": "partnership"})
    assert made.status_code == 303
    page = read(browser.get(made.headers["location"]))
    assert "Users set the fee" in page
    assert "for this partnership only" in page
    assert "Fees first" in read(browser.get("/lessons?words=dry+fee"))
    assert "No lesson holds all these words." in read(browser.get("/lessons?words=flood"))


def test_sent_twice_is_one_lesson(log_in, amina, session, partnership):
    for _ in range(2):
        log_in(amina).post(write_at(partnership), data=GIVEN)
    assert len(lessons.of_partnership(session, partnership.id)) == 1


def test_others_find_what_is_shared_and_nothing_else(log_in, amina, stranger, session, partnership):
    browser = log_in(amina)
    kept = browser.post(write_at(partnership), data={**GIVEN, "name": "Kept", "audience": "partnership"})
    shared = browser.post(write_at(partnership), data={**GIVEN, "name": "Shared", "audience": "everybody"})
    browser = log_in(stranger)
    page = read(browser.get("/lessons"))
    assert "Shared" in page
    assert "Kept" not in page
    assert browser.get(shared.headers["location"]).status_code == 200
    assert browser.get(kept.headers["location"]).status_code == 404


def test_who_uses_a_lesson_is_shown(log_in, amina, session, partnership):
    made = log_in(amina).post(write_at(partnership), data=GIVEN)
    (lesson,) = lessons.of_partnership(session, partnership.id)
    given = {"lesson": str(lesson.id), "adapted": "By season", "started_on": "2026-05-01"}
    registers.enter(session, partnership, "replications", given, now=NOW)
    page = read(log_in(amina).get(made.headers["location"]))
    assert f"Used by {partnership.title}" in page


@pytest.mark.parametrize("change", [{"name": ""}, {"tried": ""}, {"context": "x" * 50_000}, {"audience": "world"}])
def test_faults_stand_beside_their_fields(log_in, amina, session, partnership, change):
    page = log_in(amina).post(write_at(partnership), data={**GIVEN, **change})
    assert page.status_code == 422
    assert "Nothing was saved yet" in read(page)
    assert lessons.of_partnership(session, partnership.id) == []


def test_hard_words_are_text(log_in, amina, partnership):
    browser = log_in(amina)
    made = browser.post(write_at(partnership), data={**GIVEN, "tried": "<script>alert(1)</script> {{7*7}}"})
    assert "<script>alert" not in browser.get(made.headers["location"]).text
    assert browser.get("/lessons?words=%3Cscript%3E").status_code == 200


def test_reader_writes_nothing(log_in, session, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    assert log_in(reader).get(write_at(partnership)).status_code == 404
    assert log_in(reader).post(write_at(partnership), data=GIVEN).status_code == 404


def test_whoever_has_no_seat_reads_nothing(log_in, session, amina, partnership):
    log_in(amina).post(write_at(partnership), data={**GIVEN, "audience": "everybody"})
    (lesson,) = lessons.of_partnership(session, partnership.id)
    outsider = make_account(session, "outsider")
    session.flush()
    assert "Fees first" not in log_in(outsider).get("/lessons").text
    assert log_in(outsider).get(f"/lessons/{lesson.id}").status_code == 404


def test_nobody_is_sent_to_the_login(client):
    assert client.get("/lessons").headers["location"] == "/login"


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_lesson(log_in, amina, unknown):
    assert log_in(amina).get(f"/lessons/{unknown}").status_code == 404
