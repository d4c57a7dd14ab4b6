"""GET /partnerships/{id}/rounds/{number}/brief and /brief.pdf: the document for the table."""

from __future__ import annotations

import html
import io
from dataclasses import replace

import pikepdf
import pytest

from surveys.releases import Comment
from tests.factories import make_round
from tests.sample_releases import SERIES
from tests.server.conftest import make_released, text_of


def address(partnership, number=3, file="brief", query=""):
    return f"/partnerships/{partnership.id}/rounds/{number}/{file}{query}"


def read(page):
    return html.unescape(text_of(page.text))


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    said = read(page)
    assert "Brief for the discussion: Round 3, answers until 30 June 2025" in said
    assert "What would help so that all of us can say" in said
    assert "Ground rules for the meeting" in said


def test_pdf(log_in, amina, partnership, released):
    answer = log_in(amina).get(address(partnership, file="brief.pdf"))
    assert answer.headers["content-type"] == "application/pdf"
    assert f'"brief-{partnership.code}-round-3-en.pdf"' in answer.headers["content-disposition"]
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert pdf.Root.MarkInfo.Marked


@pytest.mark.parametrize("language", ["en", "km", "fr"])
def test_two_to_six_pages(log_in, amina, partnership, released, language):
    answer = log_in(amina).get(address(partnership, file="brief.pdf", query=f"?language={language}"))
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert 2 <= len(pdf.pages) <= 6


def test_pdf_in_the_language_asked_for(log_in, amina, partnership, released):
    browser = log_in(amina)
    khmer = browser.get(address(partnership, file="brief.pdf", query="?language=km")).content
    with pikepdf.open(io.BytesIO(khmer)) as pdf:
        assert str(pdf.Root.Lang).startswith("km")
    assert browser.get(address(partnership, file="brief.pdf", query="?language=km")).content == khmer


def test_title_in_the_language_asked_for(log_in, amina, session, partnership, released):
    partnership.titles = {"km": "ទឹកស្អាតនៅតាមខេត្ត"}
    session.flush()
    as_amina = log_in(amina)
    assert "<h1>ទឹកស្អាតនៅតាមខេត្ត</h1>" in as_amina.get(address(partnership, query="?language=km")).text
    assert "<h1>Clean water in the provinces</h1>" in as_amina.get(address(partnership)).text


def test_earlier_round_keeps_its_brief(log_in, amina, partnership, released):
    said = read(log_in(amina).get(address(partnership, 2)))
    assert "Round 2, answers until 31 December 2024" in said
    assert "Round 3" not in said


def test_nothing_for_the_facilitator_alone(log_in, amina, session, keystore, partnership):
    more = replace(SERIES[0], comments=(Comment("T", "Only for you.", "O2", "facilitator"),))
    make_released(session, keystore, partnership, (more,))
    assert "Only for you." not in log_in(amina).get(address(partnership, 1)).text


def test_demonstration_and_imports_say_so(log_in, amina, session, partnership, released):
    partnership.is_demonstration, partnership.phase = True, "imported"
    session.flush()
    said = read(log_in(amina).get(address(partnership)))
    assert "Demonstration: people and answers are invented" in said
    assert "Imported history: asked and collected outside Rapport" in said


@pytest.mark.parametrize("file", ["brief", "brief.pdf"])
def test_round_without_a_release(log_in, amina, session, keystore, partnership, file):
    make_round(session, keystore, partnership=partnership)
    assert log_in(amina).get(address(partnership, 1, file)).status_code == 404


@pytest.mark.parametrize("file", ["brief", "brief.pdf"])
def test_stranger_finds_nothing(log_in, stranger, partnership, released, file):
    assert log_in(stranger).get(address(partnership, 3, file)).status_code == 404


@pytest.mark.parametrize("number", [0, 99, "x", 10**30])
def test_unknown_or_malformed_number(log_in, amina, partnership, released, number):
    assert log_in(amina).get(address(partnership, number)).status_code == 404


def test_unknown_language(log_in, amina, partnership, released):
    assert log_in(amina).get(address(partnership, query="?language=xx")).status_code == 404


def test_wrong_method(log_in, amina, partnership, released):
    assert log_in(amina).post(address(partnership)).status_code == 405
