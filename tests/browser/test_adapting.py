"""Taking numbers away and adapting the questionnaire, in a browser: the whole way, no fault of axe, no overflow."""

from __future__ import annotations

import pytest
from sqlmodel import select

from server.exchange.xlsform_out import to_xlsform
from surveys import accounts, own_questionnaires
from surveys.models import Partnership
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import OVERFLOWS, WIDE, faults_of
from tests.browser.walking import press
from tests.factories import PASSWORD, make_account, make_partnership
from tests.sample_releases import INSTRUMENT
from tests.server.conftest import make_released
from tests.server.exchange.forms import simple


@pytest.fixture(scope="module")
def adapting(service):
    with service.session() as session:
        partnership = make_partnership(session, instrument_code="sample", title="Clean water")
        make_released(session, service.keystore, partnership)
        account = make_account(session, "sopheap")
        accounts.entrust(session, account, partnership.id)
        return partnership.id, account.email


def enter(page, email):
    page.goto("/login")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    press(page, "main form button")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en-GB"), (PHONE, "km-KH")], ids=["1280-en", "360-km"])
def test_every_page(new_context, adapting, size, language):
    partnership_id, email = adapting
    page = new_context(size, locale=language).new_page()
    enter(page, email)
    faults = []

    def look(path=""):
        if path:
            page.goto(path)
        if page.evaluate(OVERFLOWS):
            faults.append(f"{page.url} overflows: {page.evaluate(WIDE)}")
        if size == DESKTOP:
            faults.extend(faults_of(page))

    address = f"/partnerships/{partnership_id}/questionnaire"
    look("/exports")
    look("/account/tokens")
    page.locator("#name").fill("A script")
    press(page, "form[action='/account/tokens'] button")
    look()
    look(address)
    reworded = INSTRUMENT.items[0].model_copy(update={"texts": {"en": "Decisions reach me in time."}})
    changed = INSTRUMENT.model_copy(update={"items": (reworded, *INSTRUMENT.items[1:])})
    for content in (simple("image|photo|A picture"), to_xlsform(changed)):
        page.locator("#file").set_input_files({"name": "form.xlsx", "mimeType": "", "buffer": content})
        press(page, f"form[action='{address}'] button")
        look()
    press(page, f"form[action='{address}/draft'] button")  # with a decision missing
    look()
    for radio in page.locator("input[value=no]").all():
        radio.check()
    press(page, f"form[action='{address}/draft'] button")
    look()
    press(page, f"form[action='{address}/use'] button >> nth=0")
    look()
    assert faults == []


def test_a_chosen_version_is_asked_next(service, adapting):
    """What the walk above left behind."""
    with service.session() as session:
        partnership = session.exec(select(Partnership).where(Partnership.id == adapting[0])).one()
        assert own_questionnaires.instrument_for(session, partnership).code == f"own-{partnership.code}"
