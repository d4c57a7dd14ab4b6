"""Browsers that leave something out: scripts, style sheets, or both. Everything can still be answered."""

from __future__ import annotations

import pytest

from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.walking import press
from tests.factories import make_round


@pytest.fixture
def asked(service):
    with service.session() as session:
        return make_round(session, service.keystore, instrument=standard_instrument())


@pytest.fixture
def link(service, asked):
    with service.session() as session:
        return service.link_of(asked, next(iter(rounds.invitations_of(session, asked))))


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_without_scripts_and_style(service, new_context, asked, link, size):
    """As in a text-only browser: the code is pasted, radio buttons are seen, the server leaves out what is skipped."""
    context = new_context(size, java_script_enabled=False)
    context.route("**/*.css", lambda route: route.abort())
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Code").fill(link.split("#")[1])
    press(page, "main form button")
    assert "Who is invited" in page.locator("main").inner_text()
    press(page, "main .actions a")
    page.locator("[name=V1][value='7']").check()
    press(page, "#answers button[value=on]")
    assert "3 questions here have no answer yet" in page.get_by_role("alert").inner_text()
    assert page.locator("[name=V1][value='7']").is_checked()
    press(page, "#answers button[value=on]")
    assert page.url.endswith("/part/G")
    page.goto("/position")
    press(page, "main .rows a >> nth=0")
    assert page.get_by_text("leave out the questions up to the next heading").is_visible()
    page.locator("[name=D0][value=none]").check()
    page.locator("[name=D1][value='3']").check()
    page.locator("[name=D7][value='8']").check()
    press(page, "#answers button[value=back]")
    press(page, "main .rows a >> nth=0")
    assert page.locator("[name=D7][value='8']").is_checked()
    assert page.locator("[name=D1]:checked").count() == 0
    page.goto("/answer/review")
    press(page, "#hand-in button")
    assert page.url.endswith("/handed-in")
    with service.session() as session:
        assert ballots.count(session, asked.id) == 1
