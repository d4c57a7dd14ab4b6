"""A facilitator's part in a real browser: from an empty round to the first link handed out; reading a trend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surveys import accounts
from tests.browser.conftest import NARROW
from tests.factories import PASSWORD, make_account, make_partnership
from tests.sample_releases import PARTNERS, SERIES
from tests.server.conftest import make_released

HARD = (
    "Ministère <b>du</b> Développement rural, \u202bمؤسسة التعاون\u202c, ក្រសួងអភិវឌ្ឍន៍ជនបទ "
    + "Verwaltungsgemeinschaft" * 9
)


def facilitate(service, name, series=SERIES, **given):
    """A partnership with releases; its facilitator's address and its own."""
    with service.session() as session:
        partnership = make_partnership(session, instrument_code="sample", **given)
        account = make_account(session, name)
        accounts.entrust(session, account, partnership.id)
        make_released(session, service.keystore, partnership, series)
        return account.email, f"/partnerships/{partnership.id}"


def log_in(page, email):
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/partnerships")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_nothing_to_the_first_link(service, new_context, scripts):
    email, address = facilitate(service, f"ravy{scripts}")
    page = new_context(java_script_enabled=scripts).new_page()
    log_in(page, email)
    page.goto(address)
    page.get_by_role("link", name="Prepare a round").click()
    page.fill("#label", "Spring")
    page.fill("#opens_at", "2026-06-15T10:00")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Write the invitation list").click()
    names = page.locator("main ul li").all_inner_texts()
    lines = [
        f"Person {k} of {name}; p{k}@{at}.example.org; {name}; en" for at, name in enumerate(names) for k in (1, 2)
    ]
    page.fill("#text", "\n".join(lines))
    page.get_by_role("button", name="Save the list").click()
    page.fill("#person", "Dara")
    page.fill("#approver-email", "dara@example.org")
    page.fill("#office", "trustee")
    page.get_by_role("button", name="Make a link for this person").click()
    second = new_context(java_script_enabled=scripts).new_page()
    second.goto(page.locator("#shown .digest").inner_text())
    if not scripts:
        second.fill("#secret", page.locator("#shown .code").inner_text())
        second.locator("main form button").click()
    second.wait_for_url("**/approval/list")
    second.get_by_role("button", name="I approve this list").click()
    second.get_by_text("You have approved this list.").wait_for()
    page.goto(f"{address}/rounds/4")
    page.get_by_role("button", name="Start the round").click()
    page.get_by_role("button", name="Show all links, once").click()
    assert page.locator(".letters li").count() == len(lines)
    code = page.locator(".letters .code").first.inner_text()
    invited = new_context(java_script_enabled=scripts).new_page()
    invited.goto(page.locator(".letters .link").first.inner_text())
    if not scripts:
        invited.fill("#secret", code)
        invited.locator("main form button").click()
    invited.wait_for_url("**/answer")
    page.goto(f"{address}/rounds/4")
    assert page.get_by_role("button", name="Show all links, once").count() == 0


def test_chart_follows_the_choice(service, page):
    email, address = facilitate(service, "sophal")
    log_in(page, email)
    page.goto(f"{address}/trend")
    with page.expect_response("**/trend?index=headline%3Atransparency*"):
        page.select_option("#index", "headline:transparency")
    page.locator("#chart h2", has_text="Transparency").wait_for()
    assert "index=headline%3Atransparency" in page.url
    assert page.locator("#chart").count() == 1
    assert page.locator("#index").is_visible()


def test_chart_follows_the_button_without_scripts(service, new_context):
    email, address = facilitate(service, "thida")
    page = new_context(java_script_enabled=False).new_page()
    log_in(page, email)
    page.goto(f"{address}/trend")
    page.select_option("#who", "sides")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**who=sides")
    assert page.locator("#chart .picture tbody tr").count() == 6


def test_hard_names_fit_a_narrow_page(service, new_context):
    partners = (replace(PARTNERS[0], name=HARD, names={}), *PARTNERS[1:])
    series = [replace(one, partnership=HARD, partners=partners) for one in SERIES]
    email, address = facilitate(service, "vanna", series, title=HARD, purpose=HARD)
    page = new_context(NARROW).new_page()
    log_in(page, email)
    for path in ("/partnerships", address, f"{address}/trend", f"{address}/rounds/3", f"{address}/rounds/3/brief"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert page.locator("main b").count() == 0
