"""/rounds/{number}/preview: every page as a respondent sees it, in every language; nothing can be sent or stored."""

from __future__ import annotations

import html
import re

import pytest
from sqlmodel import func, select

from surveys.instruments import standard_instrument
from surveys.models import Ballot, Draft
from tests.factories import make_round
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/rounds/1/preview{rest}"


@pytest.fixture
def prepared(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership, state="prepared", instrument=standard_instrument())


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def pages_of(browser, partnership):
    return re.findall(rf'<li><a href="({address(partnership)}/[^"]+)"', browser.get(address(partnership)).text)


@pytest.mark.parametrize("mode", ["positions", "personal"])
def test_it_works(session, as_amina, partnership, prepared, mode):
    prepared.dyadic_mode = mode
    session.flush()
    paths = pages_of(as_amina, partnership)
    assert len(paths) == 13  # seven blocks, importance, about you, in your own words, three partners
    asked = set()
    for path in paths:
        page = as_amina.get(path)
        assert "Preview: nothing you choose here is sent or stored." in read(page)
        asked |= set(re.findall(r'name="([A-Z]+[0-9]+[a-z]?)"', page.text))
    items = {item.code for item in standard_instrument().items if not item.condition}
    assert items <= asked


def test_the_same_questions_as_answering(as_amina, partnership, prepared, invited, asked):
    """Page by page the statements are those of the real pages."""
    person = invited()
    for code in ("V", "T", "about"):
        real = re.findall(r"<legend[^>]*>([^<]+)</legend>", person.see(f"/answer/part/{code}").text)
        shown = re.findall(r"<legend[^>]*>([^<]+)</legend>", as_amina.get(address(partnership, f"/{code}")).text)
        assert real == shown


@pytest.mark.parametrize(("language", "words"), [("km", "ការមើលជាមុន"), ("fr", "Aperçu")])
def test_in_every_language(as_amina, partnership, prepared, language, words):
    as_amina.cookies.set("language", language)
    page = as_amina.get(address(partnership, "/V"))
    assert words in page.text
    text = next(item for item in standard_instrument().items if item.code == "V1").texts[language]
    assert text in html.unescape(page.text)


def test_nothing_can_be_sent(session, as_amina, partnership, prepared):
    for path in pages_of(as_amina, partnership):
        main = as_amina.get(path).text.split("<main")[1].split("</main>")[0]
        assert "<form" not in main
        assert "<button" not in main
        assert as_amina.post(path).status_code == 405
    assert session.exec(select(func.count()).select_from(Draft)).one() == 0
    assert session.exec(select(func.count()).select_from(Ballot)).one() == 0


@pytest.mark.parametrize("code", ["nothing", "partner-x", "../V", "<b>"])
def test_unknown_page(as_amina, partnership, prepared, code):
    assert as_amina.get(address(partnership, f"/{code}")).status_code == 404


def test_of_an_open_round_too(session, as_amina, keystore, partnership):
    make_round(session, keystore, partnership=partnership, instrument=standard_instrument())
    assert as_amina.get(address(partnership)).status_code == 200


def test_stranger_finds_nothing(log_in, stranger, partnership, prepared):
    assert log_in(stranger).get(address(partnership)).status_code == 404
    assert log_in(stranger).get(address(partnership, "/V")).status_code == 404
