"""GET /partnerships/{id}/rounds/{n}/how-sure: the technical sheet of a released round."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from surveys.models import ReleaseRow
from surveys.releases import Cell, Marker
from tests.sample_releases import INSTRUMENT, SERIES
from tests.server.conftest import counted_queries, make_released, text_of

CELLS = (
    Cell("response_organizations", "partnership", "national", value=100, n=3),
    Cell("cannot_judge", "construct:T", value=6),
    Cell("prefer_not", "construct:T", value=2),
    Cell("agreement_ad", "construct:T", value=14),
    Cell("agreement_rwg", "construct:T", value=72, high=55),
    Cell("alpha", "construct:T", "programme", value=0.84, low=0.79, high=0.88, n=120),
    Cell("alpha", "construct:R", "programme", value=0.52, low=0.4, high=0.6, n=120),
    Cell("omega", "construct:T", "programme", value=0.86, n=120),
    Cell("correlation", "construct:T~construct:R", value=0.6),
    Cell("composite_arithmetic", "composite", value=52),
    Cell("composite_lowest", "composite", value=40, word="T"),
    Cell("composite_monte_carlo", "composite", value=51, low=44, high=57, method="median of 2,048 runs"),
    Cell("composite_change", "composite", value=-4, low=-9, high=2),
    Cell("sensitivity_first", "factor:weights", value=0.31),
    Cell("sensitivity_total", "factor:weights", value=0.4),
    Cell("level", "item:T1", reason="complementary"),
)


def address(partnership, number=3):
    return f"/partnerships/{partnership.id}/rounds/{number}/how-sure"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def doubted(session, keystore, partnership):
    last = replace(SERIES[2], cells=(*SERIES[2].cells, *CELLS))
    return make_released(session, keystore, partnership, (*SERIES[:2], last))


def test_it_works(log_in, amina, partnership, doubted):
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    said = read(page)
    for sentence in (
        "T5 I hear about changes too late. Transparency turned",
        f"SAMPLE, version 1; fingerprint {INSTRUMENT.digest[:16]}",
        "Organizations that answered: national partners 3 100 %",
        "Transparency 6 2",
        "72 (by chance up to 55)",
        "0.84 (0.79 to 0.88) 0.86 120 reliable enough for groups",
        "0.52 (0.40 to 0.60) 120 too weak to lean on",
        "Transparency – Trust 0.60",
        "Composite, lowest construct Transparency: 40",
        "51 (44 to 57) median of 2,048 runs",
        "With other sensible choices the direction of the change could be another",
        "weights of the constructs 0.31 0.40",
        "Jan 2025: Questionnaire changed",
        "1 numbers of this release are hidden for that reason.",
        "unchanged since it was stored (this says nothing about the estimates)",
        "rapport verify ",
    ):
        assert sentence in said, sentence


def test_verdict_of_a_change_that_holds(log_in, amina, session, keystore, partnership):
    holds = Cell("composite_change", "composite", value=-9, low=-14, high=-4, flags=("sign_holds",))
    make_released(session, keystore, partnership, (replace(SERIES[0], cells=(*SERIES[0].cells, holds)),))
    assert "the direction of the change stays the same" in read(log_in(amina).get(address(partnership, 1)))


def test_versions_with_the_rounds_that_used_them(log_in, amina, session, keystore, partnership, doubted):
    from tests.factories import make_round

    make_round(session, keystore, partnership=partnership, instrument=INSTRUMENT.model_copy(update={"version": 2}))
    marker = Marker("language_shares", date(2025, 12, 31), is_break=True)
    fourth = replace(
        SERIES[2],
        round_number=5,
        round_label="Round 5",
        instrument_version=2,
        closed_on=date(2025, 12, 31),
        markers=(marker,),
    )
    make_released(session, keystore, partnership, (fourth,))
    said = read(log_in(amina).get(address(partnership, 5)))
    assert "SAMPLE 1: Round 1, Round 2, Round 3" in said
    assert "SAMPLE 2: Round 5" in said
    assert "Languages of the answers shifted" in said


def test_unbroken_series_says_so(log_in, amina, session, keystore, partnership):
    make_released(session, keystore, partnership, SERIES[:2])
    assert "Nothing breaks the series" in read(log_in(amina).get(address(partnership, 2)))


def test_changed_release_is_called_damaged(log_in, amina, session, partnership, doubted):
    row = session.exec(select(ReleaseRow).where(ReleaseRow.round_id == doubted[2].id)).one()
    row.body = row.body.replace('"value":60', '"value":61')
    session.flush()
    assert "DAMAGED" in read(log_in(amina).get(address(partnership)))


def test_asks_little_of_the_database(log_in, amina, session, partnership, doubted):
    browser = log_in(amina)
    with counted_queries(session) as sent:
        browser.get(address(partnership))
    assert len(sent) <= 10


@pytest.mark.parametrize("language", ["km", "fr"])
def test_other_languages(log_in, amina, partnership, doubted, language):
    page = log_in(amina).get(address(partnership), headers={"accept-language": language})
    assert {"km": "អ្វីដែលលាក់ និងមូលហេតុ", "fr": "Ce qui est caché, et pourquoi"}[language] in page.text


@pytest.mark.parametrize("number", [9, 0, "x", 10**9])
def test_no_such_round(log_in, amina, partnership, released, number):
    assert log_in(amina).get(address(partnership, number)).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    assert log_in(stranger).get(address(partnership)).status_code == 404


def test_unknown_partnership(log_in, amina):
    assert log_in(amina).get(f"/partnerships/{uuid4()}/rounds/1/how-sure").status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


def test_wrong_method(log_in, amina, partnership):
    assert log_in(amina).post(address(partnership)).status_code == 405
