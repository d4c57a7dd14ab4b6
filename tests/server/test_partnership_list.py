"""GET /partnerships: the first page after the login."""

from __future__ import annotations

import html
from dataclasses import replace

from surveys import accounts, commitments
from surveys.commitments import Promise
from surveys.partnerships import members_on
from surveys.releases import Cell
from tests.factories import make_account, make_partnership, make_round
from tests.sample_releases import SERIES
from tests.server.conftest import counted_queries, make_released, text_of


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get("/partnerships")
    assert page.status_code == 200
    said = html.unescape(text_of(page.text))
    assert partnership.title in said
    assert "60 (52 to 68)" in said
    assert "rose by 2 to 16 points" in said
    assert "83 % of those invited" in said
    assert "Round 3, answers until 30 June 2025" in said
    assert "Trust: national partners see this higher, by 3 to 21 points" in said
    assert page.text.count("<svg") == 1


def test_nobody_is_sent_to_the_login(client):
    page = client.get("/partnerships")
    assert (page.status_code, page.headers["location"]) == (303, "/login")


def test_nobody_with_htmx_is_sent_there_whole(client):
    page = client.get("/partnerships", headers={"hx-request": "true"})
    assert (page.status_code, page.headers["hx-redirect"]) == (204, "/login")


def test_stranger_sees_nothing_of_it(log_in, stranger, partnership, released):
    assert partnership.title not in log_in(stranger).get("/partnerships").text


def test_account_without_partnership(log_in, session):
    page = log_in(make_account(session, "newcomer")).get("/partnerships")
    assert "You do not facilitate a partnership yet" in page.text


def test_without_a_release_it_says_so(log_in, amina, partnership):
    assert "No round has been released yet." in log_in(amina).get("/partnerships").text


def test_open_round_shows_its_end(log_in, amina, session, keystore, partnership, released):
    make_round(session, keystore, partnership=partnership)
    said = text_of(log_in(amina).get("/partnerships").text)
    assert "Round 4: open for answers until 26 June 2026, 16:00" in said


def test_overdue_action_needs_attention(log_in, amina, session, partnership, released, now):
    owner = members_on(session, partnership.id, now.date())[0][1]
    promised = Promise("Share the calendar", owner.id, None, released[1].closed_on)
    before = released[0].closes_at
    commitments.make(session, partnership.id, promised, members=[owner.id], by="Amina", now=before)
    assert "agreed actions past their date: 1" in log_in(amina).get("/partnerships").text


def test_hidden_range_is_not_a_sure_number(log_in, amina, session, keystore, partnership):
    bare = replace(SERIES[0], cells=(Cell("level", "headline:trust", value=36, reason="extreme"),))
    make_released(session, keystore, partnership, (bare,))
    assert "36 (range hidden)" in log_in(amina).get("/partnerships").text


def test_nothing_shown_is_not_drawn(log_in, amina, session, keystore, partnership):
    hidden = replace(SERIES[0], cells=(Cell("level", "headline:trust", reason="too_few"),))
    make_released(session, keystore, partnership, (hidden,))
    page = log_in(amina).get("/partnerships").text
    assert "too few answers to show" in page
    assert "<svg" not in page
    assert "Answered" not in text_of(page)


def test_titles_are_text(log_in, amina, session):
    hard = make_partnership(session, title="<script>alert(1)</script> {{7*7}}")
    accounts.entrust(session, amina, hard.id)
    session.flush()
    page = log_in(amina).get("/partnerships").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page


def test_title_in_the_reader_s_language(log_in, amina, session):
    named = make_partnership(session, titles={"km": "ទឹកស្អាត"})
    accounts.entrust(session, amina, named.id)
    session.flush()
    browser = log_in(amina)
    assert "ទឹកស្អាត" in browser.get("/partnerships", headers={"accept-language": "km"}).text
    in_french = browser.get("/partnerships", headers={"accept-language": "fr-CH, de;q=0.5"}).text
    assert f'<span lang="en">{named.title}</span>' in in_french


def test_queries_do_not_grow_with_partnerships(log_in, amina, session, keystore, partnership, released):
    browser = log_in(amina)
    browser.get("/partnerships")
    with counted_queries(session) as few:
        browser.get("/partnerships")
    for _ in range(3):
        more = make_partnership(session, instrument_code="sample")
        accounts.entrust(session, amina, more.id)
        make_released(session, keystore, more)
    with counted_queries(session) as many:
        assert browser.get("/partnerships").text.count("<strong>60 (52 to 68)") == 4
    assert len(many) == len(few) <= 12


def test_wrong_method(log_in, amina):
    assert log_in(amina).post("/partnerships").status_code == 405
