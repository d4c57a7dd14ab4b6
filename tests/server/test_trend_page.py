"""GET /partnerships/{id}/trend: the chart, the same numbers as a table, and what deserves discussion."""

from __future__ import annotations

import gzip
import html
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from server.pictures import events_of
from server.wording import Wording
from surveys.releases import Cell, Marker
from tests.sample_releases import INSTRUMENT, SERIES
from tests.server.conftest import counted_queries, make_released, text_of

TARGETS = ("construct:T", "headline:transparency", "item:T1", "construct:R")


def address(partnership, query=""):
    return f"/partnerships/{partnership.id}/trend{query}"


def read(page):
    return html.unescape(text_of(page.text))


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    said = read(page)
    assert "Trust in Round 3: 60 (52 to 68). Since the round before: rose by 2 to 16 points." in said
    assert "Round 1 Jun 2024 all partners 62 (54 to 70) 16-25" in said
    assert "What would help so that all of us can say: “I hear about decisions early enough.”?" in said
    assert "external partners see this higher, by 2 to 22 points" in said
    assert page.text.count("<svg") == 6  # trend, profile and sides, each drawn wide and narrow


def test_weighs_little(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership))
    assert page.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(page.content)) < 20_000


def test_chart_shows_the_break(log_in, amina, partnership, released):
    assert "Questionnaire changed" in log_in(amina).get(address(partnership)).text


def test_changed_questionnaire_breaks_what_it_changed(log_in, amina, session, keystore, partnership):
    marker = Marker("instrument_version", date(2025, 1, 15), is_break=True, note="T")
    make_released(session, keystore, partnership, (*SERIES[:2], replace(SERIES[2], markers=(marker,))))
    as_amina = log_in(amina)
    changed = as_amina.get(address(partnership, "?index=construct:T")).text
    other = as_amina.get(address(partnership, "?index=construct:R")).text
    assert "Questionnaire changed: Transparency" in changed
    assert "Questionnaire changed: Transparency" in other
    wording = Wording("en", INSTRUMENT)
    series = (*SERIES[:2], replace(SERIES[2], markers=(marker,)))
    breaks = {target: events_of(series, wording, target)[0].is_break for target in TARGETS}
    assert breaks == {"construct:T": True, "headline:transparency": True, "item:T1": True, "construct:R": False}


def test_break_is_drawn_between_the_rounds():
    marker = Marker("membership", SERIES[1].closed_on, is_break=True)
    series = (SERIES[0], replace(SERIES[1], markers=(marker,)))
    (event,) = events_of(series, Wording("en", INSTRUMENT))
    assert event.on == date(2024, 9, 30)


def test_finding_opens_an_entry(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership)).text
    assert f'href="/partnerships/{partnership.id}/discussion/new?round=3&amp;target=item%3AT1"' in page


def test_index_is_chosen(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership, "?index=construct:T&who=sides"))
    assert '<option value="construct:T" selected>' in page.text
    assert "Round 3 Jun 2025 national partners 46 (37 to 55)" in read(page)
    assert "trend.csv?index=construct%3AT&amp;who=sides" in page.text


def test_as_htmx_only_the_chart(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership, "?index=construct:T"), headers={"hx-request": "true"})
    assert page.text.strip().startswith('<section id="chart"')
    assert "<title>" not in page.text.split("<svg")[0]
    assert page.text.count("<svg") == 2
    assert "HX-Request" in page.headers["vary"]


def test_suppressed_round_says_so(log_in, amina, session, keystore, partnership):
    hidden = replace(SERIES[1], cells=(Cell("level", "headline:trust", reason="complementary"),))
    make_released(session, keystore, partnership, (SERIES[0], hidden))
    said = read(log_in(amina).get(address(partnership)))
    assert "Round 2 Dec 2024 all partners hidden to protect those who answered" in said


def test_without_a_release(log_in, amina, partnership):
    page = log_in(amina).get(address(partnership))
    assert "The trend appears here once the first round was closed and opened." in page.text
    assert "<svg" not in page.text


def test_second_view_draws_nothing(log_in, amina, session, partnership, released, monkeypatch):
    browser = log_in(amina)
    first = browser.get(address(partnership)).text
    monkeypatch.setattr("server.drawings._drawn", None)
    with counted_queries(session) as sent:
        assert browser.get(address(partnership)).text == first
    assert len(sent) <= 6


@pytest.mark.parametrize("language", ["km", "fr"])
def test_other_languages(log_in, amina, partnership, released, language):
    page = log_in(amina).get(address(partnership), headers={"accept-language": language})
    assert {"km": "ទំនុកចិត្ត", "fr": "Confiance"}[language] in page.text
    assert f'<html lang="{language}">' in page.text


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    assert log_in(stranger).get(address(partnership)).status_code == 404


@pytest.mark.parametrize("query", ["?index=headline:other", "?index=item:T1", "?who=me", "?index=" + "x" * 300])
def test_unknown_choice(log_in, amina, partnership, released, query):
    assert log_in(amina).get(address(partnership, query)).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_or_malformed_id(log_in, amina, unknown):
    assert log_in(amina).get(f"/partnerships/{unknown}/trend").status_code == 404


def test_wrong_method(log_in, amina, partnership):
    assert log_in(amina).post(address(partnership)).status_code == 405
