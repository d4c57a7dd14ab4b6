"""Light pages: what a phone on a weak line must fetch before the first question, and with every page after it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error

from surveys import rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import PHONE
from tests.browser.walking import begin, fill_page, go_on
from tests.factories import make_round

FIRST, FOLLOWING, REQUESTS = 32_000, 8_000, 4  # bytes on the wire without fonts


@pytest.fixture
def link(service):
    with service.session() as session:
        round_ = make_round(session, service.keystore, instrument=standard_instrument())
        return service.link_of(round_, next(iter(rounds.invitations_of(session, round_))))


class Traffic:
    """What came over the wire since the last look, without fonts."""

    def __init__(self, page):
        self.seen = []
        page.on("requestfinished", self._note)

    def _note(self, request):
        self.seen.append(request)

    def taken(self):
        fetched, self.seen[:] = list(self.seen), []
        sizes = [one.sizes() for one in fetched if one.resource_type != "font"]
        return len(sizes), sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


@pytest.mark.parametrize("path", ["/i", "/"])
@pytest.mark.parametrize("locale", ["en-GB", "km-KH", "fr-FR"])
def test_first_page_with_everything_it_needs(new_context, path, locale):
    page = new_context(PHONE, locale=locale).new_page()
    traffic = Traffic(page)
    page.goto(path, wait_until="networkidle")
    requests, size = traffic.taken()
    assert requests <= REQUESTS
    assert 5_000 < size <= FIRST


@pytest.mark.parametrize("locale", ["en-GB", "km-KH"])
def test_following_pages(new_context, link, locale):
    page = new_context(PHONE, locale=locale).new_page()
    traffic = Traffic(page)
    begin(page, link)
    if locale == "km-KH":
        page.locator("button[name=language][value=km]").click()
    page.wait_for_load_state("networkidle")
    traffic.taken()
    sizes = {}
    while "/answer/part/" in page.url:
        where = page.url
        fill_page(page, 1)
        go_on(page)
        page.wait_for_load_state("networkidle")
        sizes[where] = traffic.taken()[1]
    for path in ("/answer", "/position"):
        page.goto(path, wait_until="networkidle")
        sizes[path] = traffic.taken()[1]
    page.locator("main .rows a").first.click()
    page.wait_for_load_state("networkidle")
    sizes["a partner"] = traffic.taken()[1]
    assert len(sizes) == 13
    assert {path: size for path, size in sizes.items() if not 500 < size <= FOLLOWING} == {}


def test_khmer_font_only_where_khmer_is_read(new_context):
    fetched = {}
    for locale in ("en-GB", "km-KH"):
        page = new_context(PHONE, locale=locale).new_page()
        fonts = fetched[locale] = []
        page.on("request", lambda sent, fonts=fonts: fonts.append(sent.url) if sent.resource_type == "font" else None)
        page.goto("/i", wait_until="networkidle")
    assert any("/khmer." in url for url in fetched["km-KH"])
    assert not any("/khmer." in url for url in fetched["en-GB"])


def test_foreign_hosts_and_broken_policies_would_be_seen(page, complaints):
    page.goto("/i")
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    with pytest.raises(Error):
        page.goto("http://127.0.0.2:9/pixel")
    complaints.expect("foreign: http://127.0.0.2:9/pixel")
    complaints.expect("Content Security Policy")
