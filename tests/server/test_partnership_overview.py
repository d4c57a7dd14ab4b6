"""GET /partnerships/{id}: who the partners are, which rounds there were, and the ways on."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest

from surveys import accounts
from tests.factories import make_account, make_partnership, make_round
from tests.server.conftest import text_of


def address(partnership):
    return f"/partnerships/{partnership.id}"


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    said = html.unescape(text_of(page.text))
    assert "Ministry of Rural Works" in said
    assert "national lead partner" in said
    assert "external member" in said
    assert "Round 3 released 16 June 2025 30 June 2025" in said
    assert "Safe water for all" in said
    for link in ("/trend", "/discussion", "/rounds/new", "/rounds/1", "/rounds/3/brief"):
        assert f'href="{address(partnership)}{link}"' in page.text


def test_newest_round_stands_first(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership)).text
    assert page.index("/rounds/3") < page.index("/rounds/2") < page.index("/rounds/1")


def test_without_rounds(log_in, amina, partnership):
    page = log_in(amina).get(address(partnership)).text
    assert "There is no round yet." in page
    assert "/trend" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("prepared", "in preparation, to open on"),
        ("open", "open for answers until 26 June 2026, 16:00 (Phnom Penh, +0700)"),
        ("closed", "closed, the box is opened on 26 June 2026, 18:00 (Phnom Penh, +0700)"),
        ("not_opened", "too few people answered"),
        ("cancelled", "cancelled"),
    ],
)
def test_state_in_words(log_in, amina, session, keystore, partnership, state, words):
    make_round(session, keystore, partnership=partnership).state = state
    session.flush()
    assert words in text_of(log_in(amina).get(address(partnership)).text)


def test_stranger_finds_nothing(log_in, stranger, partnership):
    assert log_in(stranger).get(address(partnership)).status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


def test_reader_may_not_prepare_rounds(log_in, session, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    page = log_in(reader).get(address(partnership))
    assert page.status_code == 200
    assert "Prepare a round" not in page.text


def test_imported_history_has_no_new_rounds(log_in, amina, session):
    imported = make_partnership(session, phase="imported")
    accounts.entrust(session, amina, imported.id)
    session.flush()
    assert "Prepare a round" not in log_in(amina).get(address(imported)).text


@pytest.mark.parametrize("unknown", [uuid4(), "1", "..%2fadmin", "00000000-0000-0000-0000-00000000000g"])
def test_unknown_or_malformed_id(log_in, amina, unknown):
    assert log_in(amina).get(f"/partnerships/{unknown}").status_code == 404


def test_wrong_method(log_in, amina, partnership):
    assert log_in(amina).post(address(partnership)).status_code == 405
