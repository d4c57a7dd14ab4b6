"""A charter is amended, signed by a link and on paper; every page of it passes axe and overflows nowhere."""

from __future__ import annotations

import re

import pytest

from surveys import accounts
from tests.browser.conftest import DESKTOP, NARROW
from tests.browser.test_accessibility import looking
from tests.browser.walking import press
from tests.factories import PASSWORD, make_account, make_partnership
from tests.server.conftest import make_released


@pytest.fixture
def facilitated(service):
    with service.session() as session:
        partnership = make_partnership(session, instrument_code="sample")
        account = make_account(session, f"charter-{partnership.code}")
        accounts.entrust(session, account, partnership.id)
        released = make_released(session, service.keystore, partnership)
        return f"/partnerships/{partnership.id}", account.email, released[-1].number


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (NARROW, "km")], ids=["desktop", "phone"])
def test_charter_pages(new_context, facilitated, size, language):
    page, look = looking(new_context, size, language)
    address, email, number = facilitated
    page.goto("/login")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    press(page, "main form button")
    for path in ("", "/principles", "/charter", "/members", "/about", "/registers", "/registers/decisions/new"):
        look.at(f"{address}{path}")
    for path in (f"/rounds/{number}/facts", f"/rounds/{number}/facts/edit", "/lessons/new"):
        look.at(f"{address}{path}")
    look.at("/lessons")
    page.goto(f"{address}/members")
    press(page, "main .people a >> nth=1")
    look.at()
    page.goto(f"{address}/charter")
    page.fill("#reason", "Faster answers")
    press(page, f"form[action='{address}/charter/draft'] button")
    look.at()
    press(page, f"a[href='{address}/charter/draft/engagement']")
    look.at()
    page.fill("#field-notice_days", "soon")
    press(page, "main form button >> nth=0")
    look.at()  # the fault beside its field
    page.fill("#field-notice_days", "5")
    press(page, "main form button >> nth=0")
    press(page, f"form[action='{address}/charter/put'] button")
    look.at()
    page.locator("details summary").first.click()
    page.locator("[id=person-1]").fill("Sokha Chan")
    press(page, f"form[action='{address}/charter/ask'] button >> nth=0")
    look.at()
    page.locator("details summary").last.click()
    last = page.locator(f"form[action='{address}/charter/paper']").last
    last.locator("input[name=person]").fill("Anna Berg")
    last.locator("input[name=note]").fill("Folder 7")
    scan = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF\n"}
    last.locator("input[type=file]").set_input_files(scan)
    link = re.search(r"/sign#[0-9A-Z-]{29}", page.content())[0]
    press(page, f"form[action='{address}/charter/paper'] button >> nth=-1")
    look.at()  # the last partner signed on paper, with its scan
    assert page.locator("a[href*='/charter/versions/2/scans/']").count() == 1
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_url("**/sign/charter")
    look.at()
    press(page, "form[action='/sign/charter'] button")
    look.at()
    look.at("/sign")
    assert look.faults == []
