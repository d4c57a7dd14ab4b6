"""A meeting in a real browser: the agenda on a projector, an item recorded on a phone, two facilitators at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from surveys import accounts, commitments, discussions, disputes, meetings
from surveys.commitments import Promise
from surveys.ladder import ladder_of
from surveys.partnerships import members_on
from tests.browser.test_accessibility import OVERFLOWS, WIDE, faults_of
from tests.browser.test_facilitating import log_in
from tests.browser.walking import press
from tests.factories import make_account, make_entry, make_partnership
from tests.server.conftest import make_released

PROJECTOR, PHONE = (1920, 1080), (360, 760)
SAVE = "#record form button.button"


@dataclass
class Table:
    partnership_id: object
    address: str
    first: str
    second: str


@pytest.fixture
def table(service):
    """A meeting about one finding, and two facilitators."""
    with service.session() as session:
        partnership = make_partnership(session, instrument_code="sample")
        names = [f"{name}-{partnership.code}" for name in ("devi", "bopha")]
        emails = []
        for name in names:
            account = make_account(session, name)
            accounts.entrust(session, account, partnership.id)
            emails.append(account.email)
        released = make_released(session, service.keystore, partnership)
        entry = make_entry(session, released[-1], now=service.now)
        meeting = meetings.plan(
            session,
            partnership_id=partnership.id,
            title="Meeting of the partners",
            location="Room 3",
            starts_at=service.now + timedelta(days=9),
            minutes=90,
            items=[entry],
            topics=["Any other business"],
            now=service.now,
        )
        return Table(partnership.id, f"/partnerships/{partnership.id}/meetings/{meeting.id}", *emails)


def made(service, table):
    with service.session() as session:
        return [one.what for one in commitments.of_partnership(session, table.partnership_id)]


@pytest.mark.parametrize("language", ["en-GB", "km-KH"])
def test_on_a_projector(table, new_context, language):
    page = new_context(PROJECTOR, locale=language).new_page()
    log_in(page, table.first)
    for path in (table.address, f"{table.address}/items/1", f"{table.address}/minutes"):
        page.goto(path)
        assert faults_of(page) == []
        assert not page.evaluate(OVERFLOWS)
    page.goto(f"{table.address}/items/1")
    size = page.locator(".stage .views dd").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 28  # read from the last row
    assert page.locator(".stage svg").first.is_visible()


@pytest.mark.parametrize(("width", "language"), [(360, "en-GB"), (320, "km-KH")])
def test_pages_around_a_meeting(service, table, new_context, width, language):
    """Discussion, commitments, concerns and disputes: nothing for axe to say, nothing overflows."""
    with service.session() as session:
        seen = [one.id for _, one in members_on(session, table.partnership_id, service.now.date())]
        given = {"happened": "It was late.", "hoped_for": "Notice.", "by": "Dara", "now": service.now}
        dispute = disputes.raise_dispute(
            session,
            partnership_id=table.partnership_id,
            raised_for=seen[0],
            against=[seen[2]],
            members=seen,
            title="Rules of the pooled fund",
            ladder=ladder_of(session, table.partnership_id),
            **given,
        )
        promise = Promise("Share the calendar", seen[0], None, service.now.date() + timedelta(days=9), "item:T1")
        promised = commitments.make(session, table.partnership_id, promise, members=seen, by="A", now=service.now)
        entry = discussions.of_partnership(session, table.partnership_id)[0]
    page, here = new_context((width, 700), locale=language).new_page(), f"/partnerships/{table.partnership_id}"
    log_in(page, table.first)
    faults = []
    for path in (
        "/discussion",
        f"/discussion/{entry.id}",
        "/commitments",
        "/commitments/new",
        f"/commitments/{promised.id}",
        "/concerns",
        "/disputes",
        "/disputes/new",
        f"/disputes/{dispute.id}",
        "/meetings/new",
        "/replies",
    ):
        page.goto(here + path)
        faults += faults_of(page)
        faults += [f"{path} overflows: {page.evaluate(WIDE)}"] if page.evaluate(OVERFLOWS) else []
    assert faults == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_recorded_on_a_phone(service, table, new_context, scripts):
    page = new_context(PHONE, java_script_enabled=scripts).new_page()
    log_in(page, table.first)
    page.goto(table.address)
    press(page, "nav.actions a.button >> nth=0")
    page.fill("#notes", "The budget came late.")
    page.fill("#decision", "The calendar is shared.")
    page.fill("#what", "Share the calendar")
    page.select_option("#owner", index=1)
    page.fill("#due_on", (service.now.date() + timedelta(days=60)).isoformat())
    if scripts:
        assert not page.evaluate(OVERFLOWS)
        page.locator(SAVE).click()
        page.locator("#record [role=status]").wait_for()
    else:
        press(page, SAVE)
    assert page.locator("#record .lead-in").inner_text() == "The calendar is shared."
    assert page.locator("#record .promises").inner_text().startswith("Share the calendar")
    assert made(service, table) == ["Share the calendar"]
    press(page, "main > nav.actions a:has-text('Next item')")
    assert page.locator("h1").inner_text() == "Any other business"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_two_at_one_item_lose_nothing(table, new_context, scripts):
    first, second = (new_context(PHONE, java_script_enabled=scripts).new_page() for _ in range(2))
    for page, email in ((first, table.first), (second, table.second)):
        log_in(page, email)
        page.goto(f"{table.address}/items/2")
    first.fill("#decision", "We meet in June.")
    second.fill("#decision", "We meet in July.")
    for page in (first, second):
        if scripts:
            page.locator(SAVE).click()
            page.locator("#record [role=status], #record #changed").wait_for()
        else:
            press(page, SAVE)
    said = second.locator("#changed").inner_text()
    assert "We meet in June." in said
    assert "We meet in July." in said
    assert second.input_value("#decision") == "We meet in July."
    second.locator(SAVE).click()
    second.locator(".lead-in", has_text="We meet in July.").wait_for()
