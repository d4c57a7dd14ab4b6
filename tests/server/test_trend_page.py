"""GET /partnerships/{id}/trend: the chart, the same numbers as a table, and what deserves discussion."""

from __future__ import annotations

import gzip
import html
import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from server.events import Happening
from server.pictures import events_of, trend_picture
from server.ratios import ratios_of
from server.wording import Wording
from surveys import facts, partnerships
from surveys.releases import Cell, Marker
from tests.factories import make_organization, make_round
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
    assert (
        page.text.count("<svg") == 8
    )  # trend, profile and sides, each drawn wide and narrow; two small ones in the table


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


def test_indices_show_who_stands_behind_them(log_in, amina, partnership, released):
    said = read(log_in(amina).get(address(partnership)))
    assert "Trust 60 (52 to 68) 16-25 rose by 2 to 16 points answers differ 66 (57 to 75) 54 (45 to 63)" in said


def test_sentence_says_what_the_sides_show(log_in, amina, partnership, released):
    said = read(log_in(amina).get(address(partnership)))
    assert "Since the round before: Trust: rose by 2 to 16 points. The others cannot be told apart." in said
    assert "Transparency: external partners see this higher, by 2 to 22 points; Trust: national partners" in said


def test_sentence_without_a_finding(log_in, amina, session, keystore, partnership):
    last = replace(SERIES[1], cells=[c for c in SERIES[1].cells if c.estimate != "change_last"])
    make_released(session, keystore, partnership, (SERIES[0], last))
    said = read(log_in(amina).get(address(partnership)))
    assert "Since the round before, no change can be told apart from chance." in said
    assert "Nowhere can the two sides be told apart." in said


def test_importance_stands_beside_performance(log_in, amina, session, keystore, partnership):
    asked = (
        Cell("importance", "construct:T", value=80, low=74, high=86, n_band="16-25"),
        Cell("gap_importance", "construct:T", value=40, low=30, high=50),
    )
    last = replace(SERIES[2], round_number=2, cells=(*SERIES[2].cells, *asked))
    make_released(session, keystore, partnership, (SERIES[0], last))
    page = log_in(amina).get(address(partnership))
    assert "Important, but works less well: Transparency: by 30 to 50 points." in read(page)
    assert "Transparency 40 (32 to 48) 80 (74 to 86)" in read(page)
    assert "/charts/importance.csv" in page.text


def test_statements_in_the_words_of_their_version(log_in, amina, session, keystore, partnership, released):
    item = INSTRUMENT.items[0].model_copy(update={"texts": {"en": "Decisions reach me in time."}})
    newer = INSTRUMENT.model_copy(update={"version": 2, "items": (item, *INSTRUMENT.items[1:])})
    fourth = replace(
        SERIES[2], round_number=4, round_label="Round 4", instrument_version=2, closed_on=date(2025, 12, 31)
    )
    make_round(session, keystore, partnership=partnership, instrument=newer, state="prepared")
    make_released(session, keystore, partnership, (fourth,))
    page = log_in(amina).get(address(partnership, "?index=construct:T"))
    assert "Decisions reach me in time." in read(page)
    assert "In other words, Round 1 – Round 3: “I hear about decisions early enough.”" in read(page)
    assert "turned: agreement counts against the index" in read(page)


def test_one_statement_has_a_trend(log_in, amina, session, keystore, partnership):
    item = Cell("level", "item:T1", value=44, low=36, high=52, n_band="16-25")
    make_released(session, keystore, partnership, (replace(SERIES[0], cells=(*SERIES[0].cells, item)), SERIES[1]))
    browser = log_in(amina)
    assert "trend?index=item%3AT1" in browser.get(address(partnership, "?index=construct:T")).text
    page = browser.get(address(partnership, "?index=item:T1"))
    assert "Round 1 Jun 2024 all partners 44 (36 to 52) 16-25" in read(page)
    assert '<option value="item:T1" selected>' in page.text


def test_events_of_the_records_are_drawn_and_listed(log_in, amina, session, partnership, released):
    newcomer = make_organization(session, "Delta Fund " + "x" * 300, "donor_country")
    partnerships.join(session, partnership, newcomer, on=date(2024, 10, 1))
    late = make_organization(session, "Late Fund", "donor_country")
    partnerships.join(session, partnership, late, on=date(2026, 1, 1))  # after the last round
    session.flush()
    page = log_in(amina).get(address(partnership))
    assert "1. Oct 2024: Delta Fund" in read(page)
    assert "2. Jan 2025: Questionnaire changed" in read(page)
    assert "Late Fund joined" not in read(page)
    assert len(re.findall(r"Delta Fund x+…</text>", page.text)) == 2  # its name fits both drawings, shortened


def test_facts_stand_beside_what_people_say(log_in, amina, session, partnership, released, now):
    counted = {"missions": {"total": 12, "joint": 9, "source": "Mission register", "doubts": "Two were not dated."}}
    facts.enter(session, released[2], facts.check_facts(counted), ratios_of(counted, {}), by="Amina", now=now)
    session.flush()
    said = read(log_in(amina).get(address(partnership)))
    assert "Facts beside the perceptions" in said
    assert "Mission register Two were not dated." in said
    assert "75 %" in said


def test_many_events_are_numbered():
    events = [Happening(date(2024, 7, day), "partner_joined", f"Partner {day} joined") for day in range(1, 7)]
    picture = trend_picture(SERIES, "headline:trust", Wording("en", INSTRUMENT), happenings=events)
    assert ">6</text>" in picture.svg()
    assert "Partner 6 joined" not in picture.svg()
    assert picture.notes[5] == "6. Jul 2024: Partner 6 joined"


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
    monkeypatch.setattr("server.drawings.drawn", None)
    with counted_queries(session) as sent:
        assert browser.get(address(partnership)).text == first
    assert len(sent) <= 18


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
