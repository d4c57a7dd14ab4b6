"""What people did not write themselves is said in the reader's language; what they wrote stays as it is."""

from __future__ import annotations

import pytest

from server.languages import LANGUAGES, format_day, format_month, label_in
from server.wording import Wording
from surveys import accounts
from surveys.instruments import standard_instrument
from tests.factories import NOW, make_account, make_partnership, make_round
from tests.sample_releases import INSTRUMENT, PARTNERS
from tests.server.conftest import make_released, text_of


@pytest.mark.parametrize(("language", "said"), [("en", "Round 12"), ("fr", "Tour 12"), ("km", "ជុំទី 12")])
def test_a_round_nobody_named_is_numbered_in_the_readers_language(language, said):
    assert label_in("Round 12", language) == said


@pytest.mark.parametrize("label", ["Spring 2027", "Round table 3", "Round 3 (pilot)", "", "ជុំសាកល្បង"])
def test_a_round_somebody_named_keeps_its_name(label):
    assert {label_in(label, language) for language in LANGUAGES} == {label}


def test_days_are_written_out():
    assert format_day(NOW.date(), "km") == "15 មិថុនា 2026"
    assert format_day(NOW.date(), "fr") == "15 juin 2026"
    assert format_month(NOW.date(), "km") == "មិថុនា 2026"


def test_the_sign_after_a_name_is_the_languages_own():
    said = {language: Wording(language, INSTRUMENT, PARTNERS).about("T", "60") for language in LANGUAGES}
    assert said == {"en": "T: 60", "fr": "T\u00a0: 60", "km": "T៖ 60"}


def test_a_brief_is_headed_by_the_name_in_its_language(session, client, log_in, keystore):
    partnership = make_partnership(session, instrument_code="sample", titles={"km": "ទឹកស្អាត"})
    make_released(session, keystore, partnership)
    account = make_account(session)
    accounts.entrust(session, account, partnership.id)
    session.flush()
    client.cookies.set("language", "km")
    page = log_in(account).get(f"/partnerships/{partnership.id}/rounds/3/brief").text
    assert "<h1>ទឹកស្អាត</h1>" in page
    assert "ជុំទី 3" in page


def test_a_draft_translation_is_marked_to_the_facilitator(session, client, log_in, keystore):
    partnership = make_partnership(session)
    make_round(session, keystore, partnership=partnership, instrument=standard_instrument(), state="prepared")
    account = make_account(session)
    accounts.entrust(session, account, partnership.id)
    session.flush()
    page = log_in(account).get(f"/partnerships/{partnership.id}/rounds/1").text
    assert "a draft that awaits a native reviewer: ភាសាខ្មែរ" in text_of(page)
