"""What careful users try in a browser: links as mail programs leave them, too much text, a line cut at the button."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.walking import begin, go_on, press, said, tap
from tests.factories import make_round

FILTER = "https://eur01.safelinks.example/?url="


@pytest.fixture
def asked(service):
    with service.session() as session:
        return make_round(session, service.keystore, instrument=standard_instrument())


@pytest.fixture
def link(service, asked):
    with service.session() as session:
        return service.link_of(asked, next(iter(rounds.invitations_of(session, asked))))


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def device(request, new_context):
    return new_context(request.param)


@pytest.mark.parametrize("ending", [".", ">", "%20", ").", "%3E%20"])
def test_links_as_mail_programs_leave_them(page, link, ending):
    page.goto(link + ending)
    page.wait_for_url("**/answer")


def test_link_behind_a_filter_that_redirects(page, link, complaints):
    """The part behind "#" is never sent, and comes through a redirect that repeats it."""
    page.route(f"{FILTER}**", lambda route: route.fulfill(status=302, headers={"Location": link}))
    page.goto(FILTER + "x")
    page.wait_for_url("**/answer")
    complaints.expect("foreign: ")


def test_truncated_link_is_explained(page, link):
    page.goto(link[:-3])
    page.get_by_role("heading", name="This link is not open").wait_for()
    assert "the address is incomplete" in page.locator("main").inner_text()


# Hidden meanwhile: a browser takes half a minute to lay five million characters out
FIVE_MEGABYTES = """() => {
  const field = document.querySelector('[name=O1]');
  field.hidden = true;
  field.value = 'y'.repeat(5000000);
  field.dispatchEvent(new Event('change', {bubbles: true}));
}"""


def test_fifty_thousand_characters_and_five_megabytes(device, link, complaints):
    page = device.new_page()
    begin(page, link)
    page.goto("/answer/part/open")
    field = page.locator("[name=O1]")
    assert "At most 1000 characters." in page.locator("#O1-hint").inner_text()
    field.fill("x" * 50_000)
    said(page, "Saved, except for what is marked or too long.")
    go_on(page)
    assert "49000 characters too long" in page.locator("#O1-error").inner_text()
    expect(page.locator("[name=O1]")).to_have_value("x" * 50_000)
    page.evaluate(FIVE_MEGABYTES)
    said(page, "Not saved: this is larger than a page of answers can be.")
    page.evaluate("O1 = document.querySelector('[name=O1]'); O1.value = 'The budget came late'; O1.hidden = false")
    go_on(page)
    page.goto("/answer/part/open")
    expect(page.locator("[name=O1]")).to_have_value("The budget came late")
    complaints.expect("Error Code 4")


def test_line_cut_at_the_button(service, device, asked, link, complaints):
    """Airplane mode at Next and at Hand in: the page stays, says so, and what was typed is still there."""
    page = device.new_page()
    begin(page, link)
    device.set_offline(True)
    page.locator("[name=V1][value='7']").evaluate("box => { box.checked = true; }")
    page.locator("#answers button[value=on]").click()
    said(page, "Not saved: the connection is interrupted.")
    assert page.locator("[name=V1][value='7']").is_checked()
    device.set_offline(False)
    go_on(page)
    assert page.get_by_role("alert").is_visible()  # what is missing: the page was sent this time
    page.goto("/answer/review")
    device.set_offline(True)
    page.locator("#hand-in button").click()
    said(page, "Not handed in: the connection is interrupted.")
    device.set_offline(False)
    press(page, "#hand-in button")
    assert page.url.endswith("/handed-in")
    with service.session() as session:
        assert ballots.count(session, asked.id) == 1


def test_two_tabs(device, link):
    """The page saved last counts, whole: halves are never mixed, and the other tab shows it after a reload."""
    first, second = device.new_page(), device.new_page()
    begin(first, link)
    second.goto("/answer/part/V")
    tap(first, "V1", 3)
    said(first, "Saved")
    tap(second, "V2", 8)
    said(second, "Saved")
    first.reload()
    assert first.locator("[name=V2][value='8']").is_checked()
    assert first.locator("[name=V1]:checked").count() == 0


def test_enter_and_click_at_once(service, device, asked, link):
    page = device.new_page()
    begin(page, link)
    page.goto("/answer/review")
    page.locator("#hand-in button").focus()
    page.evaluate("() => { const b = document.querySelector('#hand-in button'); b.click(); b.click(); b.click(); }")
    page.wait_for_url("**/handed-in")
    with service.session() as session:
        assert ballots.count(session, asked.id) == 1
