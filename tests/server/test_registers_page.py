"""Registers: one set of pages for all, made from their descriptions."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from surveys import accounts, partnerships, registers
from surveys.descriptions import read_catalog
from tests.factories import NOW, make_account
from tests.server.conftest import text_of

GAP = {"gap": "No accountant in three districts", "plan": "Train two people", "status": "open"}


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/registers{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def partner(session, partnership):
    return str(partnerships.members_on(session, partnership.id, NOW.date())[0][1].id)


def test_it_works(log_in, amina, session, partnership, partner):
    browser = log_in(amina)
    assert "Capacity gaps" in read(browser.get(address(partnership)))
    assert browser.post(address(partnership, "/capacity_gaps/new"), data={**GAP, "partner": partner}).status_code == 303
    page = read(browser.get(address(partnership, "/capacity_gaps")))
    assert "No accountant in three districts" in page
    (entry,) = registers.of_register(session, partnership.id, "capacity_gaps")
    changed = {**GAP, "partner": partner, "status": "closed"}
    assert browser.post(address(partnership, f"/capacity_gaps/{entry.id}"), data=changed).status_code == 303
    assert entry.body["status"] == "closed"
    assert browser.post(address(partnership, f"/capacity_gaps/{entry.id}"), data={"withdraw": "yes"}).status_code == 303
    assert "Nothing has been entered yet" in read(browser.get(address(partnership, "/capacity_gaps")))
    assert browser.get(address(partnership, f"/capacity_gaps/{entry.id}")).status_code == 404


@pytest.mark.parametrize("language", ["en", "km", "fr"])
def test_every_register_has_its_form(log_in, amina, partnership, language):
    browser = log_in(amina)
    browser.cookies.set("language", language)
    for code, description in read_catalog("registers").items():
        assert browser.get(address(partnership, f"/{code}")).status_code == 200
        page = read(browser.get(address(partnership, f"/{code}/new")))
        assert all(field.label[language] in page for field in description.fields), code


def test_sent_twice_is_one_line(log_in, amina, session, partnership, partner):
    for _ in range(2):
        log_in(amina).post(address(partnership, "/capacity_gaps/new"), data={**GAP, "partner": partner})
    assert len(registers.of_register(session, partnership.id, "capacity_gaps")) == 1


def test_what_the_text_demands_is_told_with_the_fault(log_in, amina, session, partnership):
    page = log_in(amina).post(address(partnership, "/decisions/new"), data={"proposal": "One format"})
    assert page.status_code == 422
    assert "A decision is recorded with its rule and its quorum." in read(page)
    assert "One format" in page.text
    assert registers.of_register(session, partnership.id, "decisions") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gap", "x" * 50_000),
        ("status", "open' OR 1=1"),
        ("due_on", "tomorrow"),
        ("partner", "9b2f6c1e-5d3a-4f70-8e21-0c4d7a91b356"),
        ("gap", "\x07"),
    ],
)
def test_bad_values_save_nothing(log_in, amina, session, partnership, partner, field, value):
    given = {**GAP, "partner": partner, field: value}
    assert log_in(amina).post(address(partnership, "/capacity_gaps/new"), data=given).status_code == 422
    assert registers.of_register(session, partnership.id, "capacity_gaps") == []


def test_unknown_fields_are_not_kept(log_in, amina, session, partnership, partner):
    given = {**GAP, "partner": partner, "is_admin": "1", "partnership_id": str(uuid4())}
    log_in(amina).post(address(partnership, "/capacity_gaps/new"), data=given)
    (entry,) = registers.of_register(session, partnership.id, "capacity_gaps")
    assert set(entry.body) == {"partner", "gap", "plan", "status"}


def test_an_entry_opens_only_in_its_partnership_and_register(log_in, amina, session, partnership, stranger, partner):
    entry = registers.enter(session, partnership, "capacity_gaps", {**GAP, "partner": partner}, now=NOW)
    assert log_in(amina).get(address(partnership, f"/contributions/{entry.id}")).status_code == 404
    theirs = accounts.partnerships_of(session, stranger)[0]
    assert log_in(stranger).get(address(theirs, f"/capacity_gaps/{entry.id}")).status_code == 404


def test_reader_reads_and_writes_nothing(log_in, session, partnership, partner):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    browser = log_in(reader)
    page = browser.get(address(partnership, "/capacity_gaps"))
    assert page.status_code == 200
    assert "Add an entry" not in page.text
    assert browser.get(address(partnership, "/capacity_gaps/new")).status_code == 404
    assert browser.post(address(partnership, "/capacity_gaps/new"), data={**GAP, "partner": partner}).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership):
    for path in ("", "/capacity_gaps", "/capacity_gaps/new"):
        assert log_in(stranger).get(address(partnership, path)).status_code == 404


@pytest.mark.parametrize("code", ["nothing", "..%2fadmin", "Decisions", "a" * 60])
def test_unknown_register(log_in, amina, partnership, code):
    assert log_in(amina).get(address(partnership, f"/{code}")).status_code == 404


def test_seven_functions_by_partner_are_a_table(log_in, amina, session, partnership, partner):
    for state, now in (("own", NOW), ("common", NOW + timedelta(days=1))):
        given = {"function": "procurement", "partner": partner, "state": state}
        registers.enter(session, partnership, "harmonization", given, now=now)
    page = log_in(amina).get(address(partnership, "/harmonization")).text
    assert page.count('<th scope="row">') == 7
    row = page.partition("procurement</th>")[2].partition("</tr>")[0]
    assert text_of(row) == "a common one", "the latest entry of a cell counts"
