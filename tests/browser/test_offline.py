"""Without a connection: asked for, explained, answered on the device, sent once the line is back, and forgotten."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import PHONE
from tests.browser.test_accessibility import OVERFLOWS, faults_of
from tests.browser.walking import begin, fill_page, go_on, press, said, tap
from tests.factories import make_round

HELD = """async () => ({
  keys: Object.keys(sessionStorage).filter(name => !name.startsWith("htmx-")),
  bases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length})"""
NOTHING = {"bases": 0, "caches": 0, "workers": 0, "keys": []}
STORED = """async () => {
  const result = asked => new Promise(done => { asked.onsuccess = () => done(asked.result); });
  const base = await result(indexedDB.open('rapport'));
  const read = name => result(base.transaction(name).objectStore(name).getAll());
  const rows = [...await read('pages'), ...await read('forms')];
  base.close();
  return rows.map(row => [row.name, String.fromCharCode(...new Uint8Array(row.box))]);
}"""


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


def state(page, words):
    page.locator("#offline", has_text=re.compile(re.escape(words))).wait_for()


def keep(page):
    """Ask for it, as the link on the first page does."""
    page.goto("/answer")
    press(page, "a[href='/offline']")
    press(page, "button[name=wanted][value=on]")
    page.locator("#keeping", has_text="Ready: you can answer and hand in without a connection.").wait_for()


@pytest.fixture
def page(phone, link, complaints):
    """A phone on which this was asked for, on its first page of questions."""
    made = phone.new_page()
    begin(made, link)
    keep(made)
    made.goto("/answer/part/V")
    state(made, "Everything is saved.")
    yield made
    complaints[:] = [one for one in complaints if "htmx:" not in one and "net::ERR" not in one]


def shows(page, name, value):
    """Wait until this answer is chosen: what waits on the device is filled in after the page was drawn."""
    page.locator(f"input[name='{name}'][value='{value}']:checked").wait_for(state="attached")


@pytest.fixture
def sealed(service, asked):
    """The answers that lie in the box."""

    def unseal():
        with service.session() as session:
            return [one["answers"] for one in ballots.unseal(session, asked, service.keystore.load(asked.id)).personal]

    return unseal


@pytest.fixture
def draft(service, phone, asked, link):
    """What the server has of the first person's answers, seen through the pages of the phone."""

    def read(path, name):
        page = phone.request.get(path).text()  # past the worker
        chosen = re.search(rf'name="{name}" value="(\w+)" checked', page)
        return chosen and chosen[1]

    return read


def test_reloaded_answered_and_handed_in_without_a_line(phone, page, sealed):
    tap(page, "V1", 3)
    said(page, "Saved")
    phone.set_offline(True)
    page.reload()
    shows(page, "V1", 3)
    state(page, "You are not connected: this page comes from this device.")
    tap(page, "V2", 8)
    said(page, "Waiting: kept on this device")
    state(page, "Waiting on this device, not sent yet: 1.")
    go_on(page)
    assert page.url.endswith("/part/G")
    fill_page(page, 1)
    go_on(page)
    assert page.url.endswith("/part/T")
    page.go_back()
    page.locator("input[name^=G]:checked").nth(3).wait_for(state="attached")
    page.goto("/answer/part/V")
    shows(page, "V1", 3)
    shows(page, "V2", 8)
    page.goto("/answer/review")
    press(page, "#hand-in button")
    state(page, "Waiting on this device, not sent yet: 3.")
    assert sealed() == []
    phone.set_offline(False)
    page.wait_for_url("**/handed-in")
    (answers,) = sealed()
    assert (answers["V1"], answers["V2"], len([one for one in answers if one.startswith("G")])) == (3, 8, 4)
    assert page.evaluate(HELD) == NOTHING
    page.reload()
    assert page.get_by_role("heading", name="Thank you").is_visible()
    assert len(sealed()) == 1


def test_none_lost_when_the_line_is_back_before_handing_in(phone, page, service, draft):
    phone.set_offline(True)
    tap(page, "V1", 7)
    state(page, "Waiting on this device")
    go_on(page)
    tap(page, "G1", 2)
    state(page, "not sent yet: 2.")
    assert draft("/answer/part/V", "V1") is None
    phone.set_offline(False)
    state(page, "Sent: what waited on this device has arrived and is saved.")
    assert (draft("/answer/part/V", "V1"), draft("/answer/part/G", "G1")) == ("7", "2")
    page.goto("/answer/part/V")
    state(page, "Sent: what waited on this device has arrived and is saved.")
    assert page.locator("html[data-kept]").count() == 0
    shows(page, "V1", 7)
    page.goto("/answer/part/G")
    shows(page, "G1", 2)


def test_closing_meanwhile(phone, page, service, asked):
    phone.set_offline(True)
    tap(page, "V1", 7)
    state(page, "Waiting on this device")
    opened, service.now = service.now, asked.closes_at + timedelta(minutes=61)
    try:
        phone.set_offline(False)
        state(page, "Too late: the round has closed. What waited on this device was not stored")
        assert page.evaluate(STORED) is not None
        page.reload()
        state(page, "Too late")
    finally:
        service.now = opened


def test_tab_closed_before_the_line_is_back(phone, page, draft):
    """The key goes with the tab: without it nobody reads what waits; with the line the server gives it again."""
    phone.set_offline(True)
    tap(page, "V1", 7)
    state(page, "Waiting on this device")
    worker = phone.service_workers[0]
    page.close()
    worker.evaluate("key = null")  # what the browser does by itself half a minute later
    again = phone.new_page()
    again.goto("/answer/part/V")
    again.get_by_role("heading", name="No connection").wait_for()
    assert faults_of(again) == []
    state(again, "What waits on this device is sealed until there is a connection")
    phone.set_offline(False)
    state(again, "Sent: what waited on this device has arrived")
    again.reload()
    shows(again, "V1", 7)


def test_what_lies_on_the_device_is_sealed(phone, page):
    page.goto("/answer/part/open")
    phone.set_offline(True)
    page.locator("[name=O1]").fill("the budget came late")
    state(page, "Waiting on this device")
    rows = page.evaluate(STORED)
    assert {"/answer", "/answer/part/V", "/answer/part/open", "/answer/review"} <= {name for name, _ in rows}
    assert not [box for _, box in rows if "budget" in box or "<html" in box or "O1.audience" in box]


def test_leaving_while_answers_wait(phone, page, service):
    """Nothing is destroyed unasked; without a line the link goes with the next one."""
    phone.set_offline(True)
    tap(page, "V1", 7)
    state(page, "Do not clear the data of this browser before.")
    page.locator("form[action='/finish'] button").click()
    alert = page.get_by_role("alert")
    assert "Not sent yet: 1. If you finish now, these answers are destroyed." in alert.inner_text()
    assert faults_of(page) == []
    alert.get_by_role("button", name="Stay").click()
    state(page, "Waiting on this device")
    page.locator("form[action='/finish'] button").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Destroy them and finish").click()
    assert page.url.endswith("/offline/left")
    assert "deleted" in page.locator("main").inner_text()
    page.goto("/answer/part/V")
    page.get_by_role("heading", name="No connection").wait_for()
    phone.set_offline(False)
    page.goto("/answer")
    page.wait_for_url("**/finished")
    assert page.evaluate(HELD) == NOTHING
    page.goto("/answer")
    assert page.get_by_role("heading", name="Please open your personal link first").is_visible()


def test_data_of_the_browser_cleared_while_answers_wait(phone, page, draft):
    """It was said before; and nothing half-sent appears on the server."""
    tap(page, "V1", 3)
    said(page, "Saved")
    phone.set_offline(True)
    tap(page, "V2", 8)
    state(page, "Do not clear the data of this browser before.")
    origin = page.evaluate("location.origin")
    everything = {"origin": origin, "storageTypes": "indexeddb,cache_storage,service_workers,local_storage"}
    phone.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
    phone.set_offline(False)
    assert (draft("/answer/part/V", "V1"), draft("/answer/part/V", "V2")) == ("3", None)


def test_text_too_long_is_not_lost(phone, page, sealed):
    page.goto("/answer/part/open")
    phone.set_offline(True)
    page.locator("[name=O1]").fill("x" * 1001)
    state(page, "Waiting on this device")
    page.goto("/answer/review")
    press(page, "#hand-in button")
    phone.set_offline(False)
    state(page, "One page could not be taken as it is")
    assert sealed() == []
    page.get_by_role("link", name="Look at this page").click()
    page.wait_for_url("**/part/open")
    expect(page.locator("[name=O1]")).to_have_value("x" * 1001)
    page.locator("[name=O1]").fill("x" * 999)
    go_on(page)
    page.wait_for_url("**/handed-in")
    assert len(sealed()) == 1


def test_handed_in_elsewhere_meanwhile(phone, page, new_context, link, sealed):
    """The last hand-in counts; what waited on the phone does not touch it."""
    tap(page, "V1", 3)
    said(page, "Saved")
    code = page.locator("main > p.soft").inner_text().rstrip(".").rpartition(" ")[2]
    phone.set_offline(True)
    tap(page, "V1", 9)
    state(page, "Waiting on this device")
    desk = new_context().new_page()
    desk.goto(link)
    desk.wait_for_url("**/resume")
    desk.get_by_label("Resume code").fill(code)
    press(desk, "form[action='/resume'] button")
    desk.goto("/answer/review")
    press(desk, "#hand-in button")
    phone.set_offline(False)
    state(page, "Your answers were handed in or begun anew on another device.")
    assert [one["V1"] for one in sealed()] == [3]


def test_what_needs_a_line_says_so_and_all_of_it_goes_again(phone, page):
    phone.set_offline(True)
    page.goto("/position")
    page.get_by_role("heading", name="No connection").wait_for()
    page.goto("/answer/part/V")
    tap(page, "V1", 4)
    press(page, "button[name=language][value=fr]")
    assert page.locator("html").get_attribute("lang") == "en"
    shows(page, "V1", 4)
    state(page, "another language and the position of your organization need a connection")
    phone.set_offline(False)
    page.goto("/offline")
    press(page, "button[name=wanted][value=off]")
    assert page.locator("#offline").count() == 0
    assert page.evaluate(HELD) == NOTHING
    page.goto("/answer/part/V")
    tap(page, "V2", 4)
    said(page, "Saved")


def test_finish_with_a_line_leaves_nothing(page):
    press(page, "form[action='/finish'] button")
    assert page.url.endswith("/finished")
    assert page.evaluate(HELD) == NOTHING


def test_looks(new_context, link):
    page = new_context((320, 640), locale="km-KH").new_page()
    begin(page, link)
    press(page, "button[name=language][value=km]")
    page.goto("/offline")
    assert (faults_of(page), page.evaluate(OVERFLOWS)) == ([], False)
    press(page, "button[name=wanted][value=on]")
    for path in ("/answer/part/V", "/offline/none", "/offline/left"):
        page.goto(path)
        assert (faults_of(page), page.evaluate(OVERFLOWS)) == ([], False)
