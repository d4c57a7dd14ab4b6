"""One page says how a partnership stands against the founding text."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from surveys import accounts, registers, shoulds
from tests.factories import make_account, make_round
from tests.server.conftest import text_of

ENTERED = datetime(2026, 6, 1, tzinfo=UTC)


def address(partnership):
    return f"/partnerships/{partnership.id}/principles"


def read(page):
    return html.unescape(text_of(page.text))


def state_of(page, row):
    return re.search(rf'class="sheet principle (\w+)" id="{row}"', page.text)[1]


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership))
    said = read(page)
    assert "Everything that the founding text demands is in place." in said
    assert "Version 1, signed by all on 15 January 2024" in said
    assert state_of(page, "P1") == "open"
    assert state_of(page, "S2") == "stands"
    assert "Ministry of Rural Works" in said
    assert re.search(r"Transparency \d+", said), "what was measured stands beside what was agreed"


@pytest.mark.parametrize(("language", "words"), [("km", "គោលការណ៍ស្ថាបនា"), ("fr", "principes fondateurs")])
def test_in_other_languages(log_in, amina, partnership, language, words):
    browser = log_in(amina)
    browser.cookies.set("language", language)
    assert words in read(browser.get(address(partnership)))


def test_what_is_missing_is_said_with_its_rule(log_in, amina, session, partnership):
    for entry in registers.of_register(session, partnership.id, "contributions"):
        registers.withdraw(entry, now=ENTERED)
    partnership.goal = ""
    session.flush()
    page = log_in(amina).get(address(partnership))
    assert (state_of(page, "S1"), state_of(page, "PARA1")) == ("missing", "missing")
    assert "2 of 13 passages lack something that is demanded." in read(page)
    assert "Every partner names at least one contribution" in read(page)


def test_a_warning_is_answered(log_in, amina, session, partnership):
    browser = log_in(amina)
    page = browser.get(address(partnership))
    assert "The charter names no results with indicators." in read(page)
    given = {"rule": "results", "about": "", "reason": "First the baseline"}
    assert browser.post(address(partnership), data=given).status_code == 303
    page = browser.get(address(partnership))
    assert "First the baseline" in page.text
    assert state_of(page, "P1") == "stands"
    assert shoulds.reasons(session, partnership.id)["results", ""].given_by == "Amina"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 50_000])
def test_a_reason_has_a_length(log_in, amina, session, partnership, reason):
    given = {"rule": "results", "about": "", "reason": reason}
    assert log_in(amina).post(address(partnership), data=given).status_code == 422
    assert shoulds.reasons(session, partnership.id) == {}


@pytest.mark.parametrize("rule", ["code_signed", "nothing", "", "overload"])
def test_only_standing_warnings_are_answered(log_in, amina, partnership, rule):
    assert log_in(amina).post(address(partnership), data={"rule": rule, "reason": "Because"}).status_code == 404


def test_a_round_is_refused_with_the_sentence_of_the_rule(log_in, amina, session, keystore, partnership):
    """The same rule on the page that starts a round: what stands against it, and where the text says so."""
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    round_.approved_by = "Dara, trustee"
    partnership.modality = ""
    session.flush()
    browser = log_in(amina)
    path = f"/partnerships/{partnership.id}/rounds/{round_.number}/start"
    for language, words in (("en", "has not been confirmed"), ("fr", "n’est pas confirmée"), ("km", "មិនទាន់បានបញ្ជាក់")):
        browser.cookies.set("language", language)
        page = browser.post(path)
        assert page.status_code == 409
        assert words in read(page)
    assert round_.state == "prepared"


def test_reader_reads_and_answers_nothing(log_in, session, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    browser = log_in(reader)
    page = browser.get(address(partnership))
    assert page.status_code == 200
    assert "Give a reason" not in page.text
    assert browser.post(address(partnership), data={"rule": "results", "reason": "x"}).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership):
    assert log_in(stranger).get(address(partnership)).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1", "..%2fadmin"])
def test_unknown_or_malformed_id(log_in, amina, unknown):
    assert log_in(amina).get(f"/partnerships/{unknown}/principles").status_code == 404


def test_a_prepared_round_says_what_stands_against_it(log_in, amina, session, keystore, partnership):
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    browser = log_in(amina)
    path = f"/partnerships/{partnership.id}/rounds/{round_.number}"
    assert "It cannot begin yet" not in read(browser.get(path))
    partnership.modality = ""
    session.flush()
    assert "It cannot begin yet, whatever its date: The form of the partnership" in read(browser.get(path))
