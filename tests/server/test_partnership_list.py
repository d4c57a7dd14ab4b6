"""GET /partnerships: the first page after the login."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from server.cards import months_after
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
    assert page.text.count("<svg") == 2  # one for each headline
    assert "pilot" in said
    assert "The next round has been due since Dec 2025." in said
    assert "1 of 1 partnerships" in said


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
        assert browser.get("/partnerships").text.count(">60 (52 to 68)<") == 4
    assert len(many) == len(few) <= 12


def test_second_view_reads_no_release(log_in, amina, partnership, released, monkeypatch):
    browser = log_in(amina)
    first = browser.get("/partnerships").text
    monkeypatch.setattr("server.overview.leading_cells", None)
    assert browser.get("/partnerships").text == first


def test_new_release_is_seen_at_once(log_in, amina, session, keystore, partnership):
    make_released(session, keystore, partnership, SERIES[:2])
    browser = log_in(amina)
    assert "fell by 3 to 19 points" in browser.get("/partnerships").text
    make_released(session, keystore, partnership, (replace(SERIES[2], round_number=3),))
    assert "rose by 2 to 16 points" in browser.get("/partnerships").text


def test_fall_within_noise_needs_no_attention(log_in, amina, session, keystore, partnership):
    fall = Cell("change_last", "headline:trust", value=-11, low=-19, high=-3, flags=("within_noise",))
    cells = [cell for cell in SERIES[1].cells if (cell.estimate, cell.target) != ("change_last", "headline:trust")]
    make_released(session, keystore, partnership, (SERIES[0], replace(SERIES[1], cells=(*cells, fall))))
    page = log_in(amina).get("/partnerships?attention=1").text
    assert "fell by 3 to 19 points" not in page
    assert "0 of 1 partnerships" in page


@pytest.fixture
def three(session, amina, partnership):
    """Three more, told apart by title, sector, level and phase."""
    more = [
        make_partnership(session, title="Rural roads", sector="Transport", level="national", phase="pilot"),
        make_partnership(session, title="Health centres", sector="Health", level="province", phase="scale_up"),
        make_partnership(
            session, title="Midwives", titles={"km": "ឆ្មប"}, sector="Health", level="national", phase="pilot"
        ),
    ]
    for one in more:
        accounts.entrust(session, amina, one.id)
    session.flush()
    return more


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ROADS", ["Rural roads"]),
        ("q=health", ["Health centres", "Midwives"]),
        ("q=ឆ្មប", ["Midwives"]),
        ("q=safe+rural", ["Rural roads"]),
        ("sector=Health", ["Health centres", "Midwives"]),
        ("level=national&phase=pilot", ["Midwives", "Rural roads"]),
        ("sector=Health&phase=scale_up", ["Health centres"]),
        ("sector=Nobody", []),
        ("q=%25&level=x' OR 1=1", []),
    ],
)
def test_search_and_filter(log_in, amina, three, query, found):
    page = log_in(amina).get(f"/partnerships?{query}")
    titles = re.findall(r"<h2><a[^>]*>(.*?)</a>", page.text)
    assert titles == found
    assert f"{len(found)} of 4 partnerships" in page.text


def test_as_htmx_only_the_cards(log_in, amina, three):
    page = log_in(amina).get("/partnerships?q=roads", headers={"hx-request": "true"}).text.strip()
    assert page.startswith('<section id="cards"')
    assert page.endswith("</section>")


@pytest.mark.parametrize("query", ["phase=ended", "attention=maybe", "q=" + "x" * 300])
def test_malformed_filter(log_in, amina, query):
    assert log_in(amina).get(f"/partnerships?{query}").status_code == 404


def test_search_words_are_text(log_in, amina):
    page = log_in(amina).get('/partnerships?q="><script>').text
    assert "<script>" not in page.split("</head>")[1]


def test_open_round_comes_before_the_rhythm(log_in, amina, session, keystore, partnership, released):
    make_round(session, keystore, partnership=partnership)
    assert "The next round" not in log_in(amina).get("/partnerships").text


@pytest.mark.parametrize(("day", "months", "due"), [("2025-08-31", 6, "2026-02-28"), ("2025-12-01", 12, "2026-12-01")])
def test_rhythm_counts_months(day, months, due):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(due)


def test_wrong_method(log_in, amina):
    assert log_in(amina).post("/partnerships").status_code == 405
