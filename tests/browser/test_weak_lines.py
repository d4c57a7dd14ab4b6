"""Signal lost, tabs closed, buttons pressed twice: what was typed is kept, and the page says what became of it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import PHONE
from tests.browser.walking import begin, fill_page, go_on, said, tap
from tests.factories import make_round

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}


@pytest.fixture
def asked(service):
    with service.session() as session:
        return make_round(session, service.keystore, instrument=standard_instrument())


@pytest.fixture
def link(service, asked):
    with service.session() as session:
        return service.link_of(asked, next(iter(rounds.invitations_of(session, asked))))


@pytest.fixture
def phone(new_context):
    return new_context(PHONE)


@pytest.fixture
def page(phone, link):
    made = phone.new_page()
    begin(made, link)
    return made


def is_checked(page, name, value):
    return page.locator(f"input[name='{name}'][value='{value}']").is_checked()


def test_signal_lost_and_found(phone, page, complaints):
    phone.set_offline(True)
    tap(page, "V1", 7)
    said(page, "Not saved: the connection is interrupted.")
    phone.set_offline(False)
    tap(page, "V2", 3)
    said(page, "Saved")
    assert "failed" not in page.locator("#saved").get_attribute("class")
    page.reload()
    assert is_checked(page, "V1", 7)
    assert is_checked(page, "V2", 3)
    complaints.expect("htmx:")


def test_closing_while_somebody_writes(service, asked, page, complaints):
    opened, service.now = service.now, asked.closes_at + timedelta(minutes=59)
    try:
        tap(page, "V1", 7)
        said(page, "Saved")
        service.now += timedelta(minutes=2)
        tap(page, "V2", 3)
        said(page, "Too late: the round has closed. This was not stored.")
        go_on(page)
        page.get_by_role("heading", name="Too late: this was not stored").wait_for()
        complaints.expect("Error Code 410")
    finally:
        service.now = opened


def test_finished_in_another_tab(phone, page, complaints):
    other = phone.new_page()
    other.goto("/answer")
    other.get_by_role("button", name="Finish on this computer").click()
    other.get_by_role("heading", name="Finished on this computer").wait_for()
    tap(page, "V1", 7)
    said(page, "Not saved: this browser no longer holds your link")
    complaints.expect("Error Code 403")


def test_battery_dies_in_the_middle_of_a_sentence(phone, page):
    page.goto("/answer/part/open")
    page.locator("[name=O1]").press_sequentially("The budget came late because")
    said(page, "Saved")
    page.close(run_before_unload=False)
    again = phone.new_page()
    again.goto("/answer/part/open")
    assert again.locator("[name=O1]").input_value() == "The budget came late because"


def test_language_changes_in_the_middle_of_a_page(page):
    page.goto("/answer/part/open")
    page.locator("[name=O1]").fill("half a thought")
    page.locator("button[name=language][value=fr]").click()
    page.wait_for_function("document.documentElement.lang == 'fr'")
    assert page.locator("[name=O1]").input_value() == "half a thought"


def count_ballots(service, asked):
    with service.session() as session:
        return ballots.count(session, asked.id)


def test_pressed_twice_reloaded_and_gone_back(service, asked, page):
    fill_page(page, 1)
    go_on(page)
    page.goto("/answer/review")
    page.locator("#hand-in button").dblclick(no_wait_after=True)
    page.wait_for_url("**/handed-in")
    receipt = page.locator(".code").inner_text()
    page.reload()
    assert page.locator(".code").inner_text() == receipt
    page.go_back()
    page.get_by_role("heading", name="Please open your personal link first").wait_for()
    page.go_forward()
    assert page.locator(".code").inner_text() == receipt
    assert count_ballots(service, asked) == 1


def test_on_one_bar(phone, page):
    """400 ms and 50 kbit/s: with style and script kept from the first page, the next one is there in seconds."""
    phone.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    fill_page(page, 1)
    begun = time.monotonic()
    go_on(page)
    page.wait_for_url("**/answer/part/G", wait_until="domcontentloaded")
    assert page.locator("[name=G1]").count() == 13
    assert time.monotonic() - begun < 8
