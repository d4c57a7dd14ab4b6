"""A personal link in a real browser: the secret leaves the address bar and is never sent in an address."""

from __future__ import annotations

from datetime import timedelta

import pytest

from surveys import rounds
from surveys.instruments import standard_instrument
from tests.factories import make_round


@pytest.fixture
def link(service):
    with service.session() as session:
        round_ = make_round(session, service.keystore, instrument=standard_instrument())
        return service.link_of(round_, next(iter(rounds.invitations_of(session, round_))))


def test_it_works(page, link, service):
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(link)
    page.wait_for_url("**/answer")
    secret = link.split("#")[1]
    assert not any(secret in url for url in sent)
    page.go_back()
    assert secret not in page.url
    page.goto("/answer")
    assert page.get_by_role("link", name="Begin").is_visible()


def test_without_scripts_the_code_is_pasted(new_context, link):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(link)
    page.get_by_label("Code").fill(link.split("#")[1].lower())
    page.get_by_role("button", name="Open my questionnaire").click()
    assert page.url.endswith("/answer")


def test_closed_round(page, service, link):
    opened, service.now = service.now, service.now + timedelta(days=12)
    try:
        page.goto(link)
        page.get_by_role("heading", name="This link is not open").wait_for()
    finally:
        service.now = opened


def test_link_in_a_tab_that_shows_the_page_already(page, link):
    page.goto("/i")
    page.goto(link)
    page.wait_for_url("**/answer")


@pytest.mark.parametrize("damage", ["%", "%E0%A4%A", "x" * 600])
def test_damaged_link_is_explained(page, service, damage):
    page.goto(f"{service.url}/i#{damage}")
    page.locator("main h1").wait_for()
    assert "link" in page.locator("main h1").inner_text()
