"""GET /side-by-side: two partnerships, their intervals, and whether these overlap; never a rank."""

from __future__ import annotations

import html
from dataclasses import replace

import pytest

from surveys import accounts
from surveys.releases import Cell
from tests.factories import make_partnership
from tests.sample_releases import SERIES
from tests.server.conftest import make_released, text_of

OVERLAP = "the intervals overlap: the two cannot be told apart"


@pytest.fixture
def second(session, keystore, amina):
    """Another partnership of hers, whose trust stands at this level."""

    def make(trust: float, **given: object):
        other = make_partnership(session, title="Rural roads", instrument_code="sample")
        accounts.entrust(session, amina, other.id)
        level = Cell("level", "headline:trust", value=trust, low=trust - 5, high=trust + 5)
        rest = [cell for cell in SERIES[0].cells if (cell.estimate, cell.target) != ("level", "headline:trust")]
        make_released(session, keystore, other, (replace(SERIES[0], cells=(*rest, level), **given),))
        return other

    return make


def look(browser, one, other):
    return browser.get(f"/side-by-side?one={one.id}&other={other.id}")


def read(page):
    return html.unescape(text_of(page.text))


def test_it_works(log_in, amina, partnership, released, second):
    page = look(log_in(amina), partnership, second(70))
    assert page.status_code == 200
    assert f"Trust 60 (52 to 68) 70 (65 to 75) {OVERLAP}" in read(page)
    assert "Transparency 40 (32 to 48) 58 (50 to 66) the intervals do not overlap" in read(page)


@pytest.mark.parametrize(("trust", "overlaps"), [(73, True), (74, False), (47, True), (46, False)])
def test_intervals_that_touch_overlap(log_in, amina, partnership, released, second, trust, overlaps):
    said = read(look(log_in(amina), partnership, second(trust)))
    line = said.split("Trust 60 (52 to 68)")[1].split("Transparency")[0]
    assert (OVERLAP in line) == overlaps


def test_without_an_interval_nothing_is_said(log_in, amina, session, keystore, partnership, second):
    bare = Cell("level", "headline:trust", value=60, reason="extreme")
    make_released(session, keystore, partnership, (replace(SERIES[0], cells=(bare,)),))
    assert "without both intervals nothing can be said" in read(look(log_in(amina), partnership, second(60)))


def test_different_questionnaires_are_not_compared(log_in, amina, partnership, released, second):
    page = look(log_in(amina), partnership, second(60, instrument_digest="other"))
    assert "they answered different questionnaires" in read(page)
    assert "<table" not in page.text


def test_nothing_chosen_or_the_same_twice(log_in, amina, partnership, released):
    browser = log_in(amina)
    assert "<table" not in browser.get("/side-by-side").text
    assert "<table" not in look(browser, partnership, partnership).text


def test_overview_leads_there(log_in, amina, partnership, second):
    browser = log_in(amina)
    assert "/side-by-side" not in browser.get("/partnerships").text  # there is nothing to set beside it
    second(60)
    assert 'href="/side-by-side"' in browser.get("/partnerships").text


def test_partnerships_without_a_seat_do_not_exist(log_in, amina, session, partnership, released):
    hidden = make_partnership(session, title="Hidden")
    session.flush()
    assert look(log_in(amina), partnership, hidden).status_code == 404
    assert "Hidden" not in log_in(amina).get("/side-by-side").text


@pytest.mark.parametrize("query", ["one=9b2f6c1e-5d3a-4f70-8e21-0c4d7a91b356", "one=1", "other=%00"])
def test_unknown_or_malformed_id(log_in, amina, query):
    assert log_in(amina).get(f"/side-by-side?{query}").status_code == 404


def test_nobody_is_sent_to_the_login(client):
    assert client.get("/side-by-side").headers["location"] == "/login"


def test_wrong_method(log_in, amina):
    assert log_in(amina).post("/side-by-side").status_code == 405
