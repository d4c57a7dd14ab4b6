"""The first hour in a real browser: from the printed link to "ready, waiting for signatures", every touch counted."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from surveys import account_links, accounts
from tests.factories import PASSWORD
from tests.service import running_service

AT_MOST = 60
PARTNERS = (
    ("Ministry of Water", "central_government"),
    ("European Fund", "donor_country"),
    ("River Watch", "national_ngo"),
    ("Bank for Growth", "lending_agency"),
)


@pytest.fixture
def empty(tmp_path):
    """An installation in which nobody has an account yet."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: quick)
        with running_service(tmp_path) as running:
            yield running


class Hands:
    """What a facilitator does with mouse and keyboard; everything is counted."""

    def __init__(self, page):
        self.page, self.count = page, 0

    def fill(self, field, text):
        self.count += 1
        self.page.fill(field, text)

    def choose(self, field, value):
        self.count += 1
        self.page.select_option(field, value)

    def click(self, role, name):
        self.count += 1
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, exact=True).first.click()


def set_up(hands, email):
    hands.fill("#email", email)
    hands.fill("#name", "Amina")
    hands.fill("#password", PASSWORD)
    hands.fill("#again", PASSWORD)
    hands.click("button", "Go on")


def found(hands):
    hands.click("link", "New partnership")
    hands.fill("#title", "Clean rivers")
    hands.fill("#goal", "Safe water for all")
    for at, (name, kind) in enumerate(PARTNERS, start=1):
        hands.fill(f"#name-{at}", name)
        hands.choose(f"#kind-{at}", kind)
    hands.click("button", "Create the partnership")


def write_charter(hands):
    hands.click("link", "Write the charter and put it to signature")
    hands.fill("#contact", "The secretariat")
    hands.fill("#mediator", "Ms Chan")
    hands.fill("#adjudicator", "The arbitration centre")
    for at in range(1, len(PARTNERS) + 1):
        hands.fill(f"#what-{at}", f"Contribution {at}")
    hands.click("button", "Write the charter from the template")
    hands.click("button", "Put to signature")


def name_people(hands, home):
    hands.page.goto(home)
    hands.click("link", "Name the people of each partner")
    lines = [f"Person {k}; p{k}@{at}.example.org; {name}" for at, (name, _) in enumerate(PARTNERS) for k in (1, 2)]
    hands.fill("#text", "\n".join(lines))
    hands.click("button", "Add the list")


def prepare(hands, home):
    hands.page.goto(home)
    hands.click("link", "Prepare the first round")
    hands.click("button", "Save")
    hands.click("link", "Write the invitation list")
    hands.click("button", "Save the list")


def test_first_hour(empty, browser):
    with empty.session() as session:
        secret = account_links.make_setup(session, empty.now)
    context = browser.new_context(base_url=empty.url, locale="en-GB")
    page = context.new_page()
    hands = Hands(page)
    page.goto(f"{empty.url}/join#{secret}")
    page.wait_for_url("**/join/form")
    set_up(hands, "amina@example.org")
    found(hands)
    home = page.url
    write_charter(hands)
    name_people(hands, home)
    prepare(hands, home)
    page.goto(f"{home}/first-steps")
    page.get_by_text("Ready, waiting for signatures.").wait_for()
    page.get_by_text("0 of 4 have signed").wait_for()
    assert hands.count < AT_MOST
    context.close()


def test_progress_is_kept(empty, browser):
    """Half an hour later, in another browser, the list of steps says where one was."""
    with empty.session() as session:
        secret = account_links.make_setup(session, empty.now)
    first = browser.new_context(base_url=empty.url, locale="en-GB")
    hands = Hands(first.new_page())
    hands.page.goto(f"{empty.url}/join#{secret}")
    hands.page.wait_for_url("**/join/form")
    set_up(hands, "amina@example.org")
    found(hands)
    home = hands.page.url
    first.close()
    second = browser.new_context(base_url=empty.url, locale="en-GB", java_script_enabled=False)
    page = second.new_page()
    page.goto("/login")
    page.fill("#email", "amina@example.org")
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.goto(home)
    steps = page.locator("ol.rows li")
    assert steps.count() == 8
    assert "done" in steps.nth(0).inner_text()
    assert "done" not in steps.nth(1).inner_text()
    second.close()
