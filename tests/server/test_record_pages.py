"""/partnerships/{id}/log and /accounts/log: who did what, for those who answer for it."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest
from sqlmodel import select

from surveys import accounts, audit
from surveys.models import AuditEntry
from tests.factories import cast_all, make_account, make_partnership, make_round
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def address(partnership, rest="/log"):
    return f"/partnerships/{partnership.id}{rest}"


def test_it_works(session, as_amina, keystore, partnership, now):
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    audit.record(session, "amina@example.org", "prepared a round", f"round {round_.id}", now)
    audit.record(session, "amina@example.org", "set the list to 8 people", f"round {round_.id}", now)
    page = read(as_amina.get(address(partnership)))
    assert "prepared a round Round 1" in page
    assert "set the list to 8 people" in page
    assert "The chain holds." in page


def test_in_the_readers_language(session, as_amina, client, partnership, now):
    audit.record(session, "amina@example.org", "invited x@example.org as reader", f"partnership {partnership.id}", now)
    client.cookies.set("language", "km")
    assert "បានអញ្ជើញ x@example.org" in read(as_amina.get(address(partnership)))


def test_acts_elsewhere_are_not_shown(session, as_amina, partnership, now):
    other = make_partnership(session)
    audit.record(session, "somebody@example.org", "prepared a round", f"partnership {other.id}", now)
    audit.record(session, "somebody@example.org", "logged in", f"account {uuid4()}", now)
    assert "somebody@example.org" not in as_amina.get(address(partnership)).text


def test_respondents_leave_no_entry(session, keystore, partnership, asked, invited):
    before = len(session.exec(select(AuditEntry)).all())
    person = invited()
    person.save("V", V1="5")
    person.hand_in()
    cast_all(session, keystore, asked, V1=5)
    assert len(session.exec(select(AuditEntry)).all()) == before


def test_a_changed_entry_is_told(session, as_amina, partnership, now):
    entry = audit.record(session, "amina@example.org", "prepared a round", f"partnership {partnership.id}", now)
    entry.actor = "somebody.else@example.org"
    session.flush()
    assert f"The record was changed at entry {entry.id}" in read(as_amina.get(address(partnership)))


def test_a_hundred_at_a_time(session, as_amina, partnership, now):
    for at in range(105):
        audit.record(session, "amina@example.org", f"act {at:03}", f"partnership {partnership.id}", now)
    first, second = read(as_amina.get(address(partnership))), read(as_amina.get(address(partnership, "/log?page=2")))
    assert "act 104" in first
    assert "act 004" not in first
    assert "act 004" in second
    assert as_amina.get(address(partnership, "/log?page=0")).status_code == 404
    assert as_amina.get(address(partnership, "/log?page=99999")).status_code == 200


@pytest.mark.parametrize("role", ["reader", "trustee"])
def test_others_of_the_partnership_find_nothing(session, log_in, partnership, role):
    account = make_account(session, role)
    accounts.entrust(session, account, partnership.id, role=role)
    assert log_in(account).get(address(partnership)).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership):
    assert log_in(stranger).get(address(partnership)).status_code == 404


def test_administrators_see_logins_and_accounts(session, client, log_in, partnership, now):
    sina = make_account(session, "sina", is_administrator=True)
    audit.record(session, "amina@example.org", "logged in", f"account {uuid4()}", now)
    audit.record(session, "dara@example.org", "prepared a round", f"partnership {partnership.id}", now)
    page = read(log_in(sina).get("/accounts/log"))
    assert "amina@example.org" in page
    assert "dara@example.org" not in page
