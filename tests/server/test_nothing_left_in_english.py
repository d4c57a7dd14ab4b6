"""Every page a Khmer reader meets is in Khmer: no English word is left but names and what people wrote themselves."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from server.languages import LANGUAGES
from surveys import accounts, partnerships, rounds
from surveys.instruments import standard_instrument
from tests.charters import DISPUTES, agree_settings
from tests.factories import make_account, make_partnership, make_round, secret_of
from tests.sample_releases import SERIES
from tests.server.conftest import make_released, text_of

NAMES = {"Rapport", "English", "Français", "PDF", "SVG", "PNG", "CSV", "UTF", "SAMPLE", "PTI", "alpha", "omega", "rwg"}
NAMES |= {"Excel", "SPSS", "Stata", "JSON", "API"}
PROVENANCE = {"digest"}  # names in the machine-readable part of a release
SILENT = tuple(replace(release, comments=()) for release in SERIES)  # what people wrote stays in their language


def latin_words(page: str) -> set[str]:
    """Words in Latin letters of a page as it is read, without codes, digests and what is marked as English."""
    page = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>[^<]*</\1>', " ", page)  # a statement that has no other wording
    page = page.replace(DISPUTES["contact"], " ")  # written by people
    plain = re.sub(r"\S+@\S+|https?://\S+|\S+_\S+|\b[0-9a-f]{12,}\b|\b[0-9A-Z]{4}(-[0-9A-Z]{4})+\b", " ", text_of(page))
    return set(re.findall(r"[A-Za-zÀ-ÿ]{2,}", plain)) - NAMES - PROVENANCE


@pytest.fixture
def khmer(session, keystore):
    """A partnership whose names are all in Khmer."""
    kinds = ("central_government", "donor_country", "un_agency", "national_ngo")
    members = [
        partnerships.create_organization(session, name=f"Name {at}", kind=kind, names={"km": f"ស្ថាប័នទី {at}"})
        for at, kind in enumerate(kinds)
    ]
    return make_partnership(session, members=members, titles={"km": "ទឹកស្អាត"}, goal="ទឹកស្អាត", purpose="")


@pytest.mark.parametrize("dyadic_mode", ["positions", "personal"])
def test_nothing_of_the_questionnaire_is_left_in_english(session, client, keystore, khmer, dyadic_mode):
    agree_settings(session, khmer, dyadic_mode=dyadic_mode)
    round_ = make_round(session, keystore, partnership=khmer, instrument=standard_instrument())
    invitation = next(iter(rounds.invitations_of(session, round_)))
    invitation.person, invitation.language = "សុខ តារា", "km"
    client.post("/i", data={"secret": secret_of(keystore, round_, invitation)})
    paths = ["/answer", "/answer/review", "/", "/i", "/login", "/nothing"]
    paths += [f"/answer/part/{code}" for code in ("V", "G", "T", "H", "L", "R", "S", "importance", "about", "open")]
    if dyadic_mode == "positions":
        positions = client.get("/position").text
        paths += ["/position", *re.findall(r'href="(/position/[^"]+)"', positions)]
        assert len(paths) > 18
    for path in paths:
        page = client.get(path)
        assert page.status_code in (200, 404)
        assert latin_words(page.text) == set(), path


def test_nothing_about_a_round_is_left_in_english(session, client, log_in, keystore, khmer):
    make_released(session, keystore, khmer, SILENT)
    make_round(session, keystore, partnership=khmer, instrument=standard_instrument(), state="prepared")
    account = make_account(session)
    accounts.entrust(session, account, khmer.id)
    session.flush()
    client.cookies.set("language", "km")
    browser, address = log_in(account), f"/partnerships/{khmer.id}"
    parts = ("", "/trend", "/rounds/3", "/rounds/3/brief", "/rounds/4", "/rounds/4/dates", "/discussion")
    for path in ("/partnerships", *(address + part for part in parts)):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert latin_words(page.text) == set(), path


def test_the_languages_are_those_of_the_questionnaire():
    assert set(LANGUAGES) == set(standard_instrument().languages)
