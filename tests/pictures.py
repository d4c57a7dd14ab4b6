"""The pictures of docs/facilitator-guide.md, taken from a running service: `python -m tests.pictures`."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from surveys import accounts, audit, contacts, partnerships
from surveys.instruments import standard_instrument
from tests.factories import NOW, PASSWORD, make_account, make_organization, make_round
from tests.service import Service, running_service

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
SIZE = {"width": 760, "height": 620}
LARGEST = 120 * 1024


def furnish(service: Service) -> str:
    """A partnership of four on its way to the first round; its address."""
    with service.session() as session:
        made = partnerships.create_partnership(session, code="rivers", title="Clean rivers", goal="Safe water for all")
        account = make_account(session, "amina", is_administrator=True)
        accounts.entrust(session, account, made.id)
        for name, kind in (
            ("Ministry of Water", "central_government"),
            ("European Fund", "donor_country"),
            ("River Watch", "national_ngo"),
            ("Bank for Growth", "lending_agency"),
        ):
            organization = make_organization(session, name, kind)
            role = "lead" if kind == "central_government" else "member"
            partnerships.join(session, made, organization, role=role, on=NOW.date())
            named = [contacts.Named(f"Person {k}", f"p{k}.{kind}@example.org", organization.id) for k in (1, 2)]
            contacts.put(session, made.id, named)
        round_ = make_round(
            session,
            service.keystore,
            partnership=made,
            state="prepared",
            instrument=standard_instrument(),
            opens_at=NOW + timedelta(days=1),
        )
        audit.record(session, account.email, "prepared a round", f"round {round_.id}", NOW)
        audit.record(session, account.email, "set the list to 8 people", f"round {round_.id}", NOW)
        return f"/partnerships/{made.id}"


def take(page: Page, home: str) -> None:
    page.goto("/login")
    page.fill("#email", "amina@example.org")
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/partnerships")
    for name, path in (
        ("new-partnership", "/partnerships/new"),
        ("first-steps", f"{home}/first-steps"),
        ("people", f"{home}/people"),
        ("contacts", f"{home}/contacts"),
        ("round", f"{home}/rounds/1"),
        ("preview", f"{home}/rounds/1/preview/T"),
        ("record", f"{home}/log"),
    ):
        page.goto(path)
        file = PICTURES / f"{name}.png"
        page.screenshot(path=str(file))
        if file.stat().st_size > LARGEST:
            raise SystemExit(f"{file.name} is larger than {LARGEST // 1024} kB")


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    found = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as folder, running_service(Path(folder)) as service, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        context = browser.new_context(base_url=service.url, viewport=SIZE, locale="en-GB", color_scheme="light")
        take(context.new_page(), furnish(service))
        browser.close()


if __name__ == "__main__":
    main()
