"""The reading pages in a browser: axe, every width, the keyboard, search while typing, and on paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surveys import accounts
from surveys.releases import Cell
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import Look
from tests.browser.walking import press
from tests.factories import PASSWORD, make_account, make_organization, make_partnership
from tests.sample_releases import PARTNERS, SERIES
from tests.server.conftest import make_released

HARD = ("مؤسسة التعاون الدولي", "N" * 300, "ក្រសួងសុខាភិបាល 😀")
PAPER = (794, 1123)  # A4


@pytest.fixture(scope="module")
def programme(service):
    """Two partnerships, one with positions open to all, a pair of hard names and three rounds; their facilitator."""
    with service.session() as session:
        account = make_account(session, "bopha")
        organizations = [make_organization(session, name, "donor_country") for name in HARD]
        partnership = make_partnership(
            session, instrument_code="sample", title="Water " + "W" * 200, members=organizations
        )
        names = [replace(one, name=name) for one, name in zip(PARTNERS, HARD, strict=True)]
        pairs = [(a, b) for a in ("o1", "o2", "o3") for b in ("o1", "o2", "o3") if a != b]
        cells = [
            *SERIES[2].cells,
            *(Cell("rating", f"pair:{a}>{b}", value=40 + 10 * at) for at, (a, b) in enumerate(pairs)),
            *(Cell("meta_gap", f"pair:{a}>{b}", value=25) for a, b in pairs),
            Cell("importance", "construct:T", value=80, low=74, high=86),
        ]
        last = replace(SERIES[2], disclosure_level="C", partners=tuple(names), cells=tuple(cells))
        make_released(session, service.keystore, partnership, (*SERIES[:2], last))
        other = make_partnership(session, title="Rural roads", sector="Transport")
        for one in (partnership, other):
            accounts.entrust(session, account, one.id)
        return f"/partnerships/{partnership.id}", account.email


@pytest.fixture
def reader(new_context, programme):
    def at(size, **given):
        page = new_context(size, **given).new_page()
        page.goto("/login")
        page.fill("[name=email]", programme[1])
        page.fill("[name=password]", PASSWORD)
        press(page, "main button")
        return page

    return at


def addresses(home):
    pages = ("", "/trend", "/trend?index=construct:T&who=sides", "/dyads", "/rounds/3/how-sure", "/rounds/3/brief")
    return ["/partnerships", *(f"{home}{page}" for page in pages), f"{home}/rounds/3/brief/words"]


@pytest.mark.parametrize(("size", "language"), [(PHONE, "km"), ((1440, 900), "en")], ids=["phone-km", "wide-en"])
def test_axe_and_every_width(reader, programme, size, language):
    page = reader(size, locale=language)
    for is_narrow in (False, True):
        look = Look(page, is_narrow)
        for address in addresses(programme[0]):
            look.at(address)
        assert look.faults == []


def test_search_while_typing(reader):
    page = reader(DESKTOP)
    page.goto("/partnerships")
    page.locator("#q").press_sequentially("roads")
    page.locator("#cards", has_text="1 of 2 partnerships").wait_for()
    assert page.locator(".card h2").all_inner_texts() == ["Rural roads"]
    assert "q=roads" in page.url


def test_search_without_scripts(reader):
    page = reader(PHONE, java_script_enabled=False)
    page.goto("/partnerships")
    page.fill("#q", "roads")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".card h2").all_inner_texts() == ["Rural roads"]


def test_keyboard_reaches_numbers_and_files(reader, programme):
    page = reader(DESKTOP)
    page.goto(f"{programme[0]}/trend")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
    assert {"The same numbers as a table", "SVG", "CSV", "The statements behind this number"} <= reached


def test_on_paper(reader, programme):
    page = reader(PAPER)
    page.goto(f"{programme[0]}/trend")
    page.emulate_media(media="print")
    assert page.locator(".picture-wide").first.is_visible()
    assert not page.locator(".picture-narrow").first.is_visible()
    assert not page.locator(".choose").is_visible()
    assert not page.locator(".top nav").is_visible()
    page.goto(f"{programme[0]}/rounds/3/brief")
    assert not page.locator(".stage-of-brief").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER[0]
