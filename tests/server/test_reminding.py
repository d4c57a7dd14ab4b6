"""The clock reminds of commitments: before the date, on the day, and once when it has passed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from server.reminding import remind
from server.settings import Settings
from surveys import commitments
from surveys.commitments import Promise
from surveys.models import PlainMail
from tests.factories import NOW

SETTINGS = Settings(base_url="https://rapport.example.org")
DUE = NOW.date() + timedelta(days=30)


@pytest.fixture
def promised(circle, session, partnership, amina):
    circle.account("Ministry")
    circle.account("Northern")
    owner = circle.members["Ministry"]
    promise = Promise("Share the <calendar>", owner.id, None, DUE)
    return commitments.make(session, partnership.id, promise, members=[owner.id], by="Amina", now=NOW)


def mails(session):
    return {
        (one.recipient.partition("-")[0].partition("@")[0], one.key.split("|")[3])
        for one in session.exec(select(PlainMail))
    }


def test_it_works(session, promised):
    assert remind(session, SETTINGS, DUE - timedelta(days=15)) == 0
    assert remind(session, SETTINGS, DUE - timedelta(days=14)) == 1
    assert mails(session) == {("ministry", "soon")}
    (mail,) = session.exec(select(PlainMail))
    assert "due soon, on 15 July 2026" in mail.text
    assert "Share the <calendar>" in mail.text
    assert f"https://rapport.example.org/partnerships/{promised.partnership_id}/commitments/{promised.id}" in mail.text


def test_each_stage_is_told_once(session, promised):
    for days in range(-14, 10):
        remind(session, SETTINGS, DUE + timedelta(days=days))
        remind(session, SETTINGS, DUE + timedelta(days=days))
    assert mails(session) == {("ministry", "soon"), ("ministry", "due"), ("ministry", "late"), ("amina", "late")}
    assert len(session.exec(select(PlainMail)).all()) == 4


def test_what_is_done_or_dropped_is_not_reminded(session, promised):
    commitments.report_done(promised, "Seen", NOW.date(), seen=1, by="A", now=NOW)
    assert remind(session, SETTINGS, DUE) == 0


def test_another_date_is_reminded_again(session, promised):
    remind(session, SETTINGS, DUE - timedelta(days=14))
    later = DUE + timedelta(days=60)
    commitments.set_date(promised, later, seen=1, by="A", now=NOW)
    assert remind(session, SETTINGS, DUE) == 0
    assert remind(session, SETTINGS, later - timedelta(days=1)) == 1


def test_commitment_of_a_dispute_is_told_to_its_owner_only(circle, session, partnership, promised):
    promised.dispute_id = circle.raise_dispute().id
    remind(session, SETTINGS, DUE + timedelta(days=1))
    assert mails(session) == {("ministry", "late")}
