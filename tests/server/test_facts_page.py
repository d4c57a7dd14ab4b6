"""Facts of a round: entered once, with source and doubts, beside what people think."""

from __future__ import annotations

import html

import pytest

from surveys import accounts, facts
from tests.factories import make_account
from tests.server.conftest import text_of

GIVEN = {"missions.joint": "3", "missions.total": "12", "missions.source": "Calendar", "missions.doubts": "Two unsure"}


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def address(partnership, released):
    return f"/partnerships/{partnership.id}/rounds/{released[-1].number}/facts"


def test_it_works(log_in, amina, session, released, address):
    browser = log_in(amina)
    assert "Nothing has been entered yet." in read(browser.get(address))
    assert browser.post(f"{address}/edit", data=GIVEN).status_code == 303
    page = read(browser.get(address))
    assert "Joint missions: 25 %" in page
    assert "Two unsure" in page
    assert "Entered by Amina, 15 June 2026" in page
    (fact,) = facts.of_round(session, released[-1].id)
    assert (fact.code, fact.row, fact.items, fact.values) == ("missions", "P3", ("H3",), {"joint": 3, "total": 12})
    assert fact.ratio["low"] < 0.25 < fact.ratio["high"]


def test_entering_again_replaces(log_in, amina, session, released, address):
    browser = log_in(amina)
    browser.post(f"{address}/edit", data=GIVEN)
    assert 'value="12"' in browser.get(f"{address}/edit").text
    browser.post(f"{address}/edit", data={**GIVEN, "missions.joint": "6"})
    assert [one.ratio["value"] for one in facts.of_round(session, released[-1].id)] == [0.5]


def test_targets_come_from_the_first_round(log_in, amina, session, partnership, released):
    for round_, through in zip(released[:2], ("20", "60"), strict=True):
        given = {
            "national_systems.through": through,
            "national_systems.total": "100",
            "national_systems.source": "Books",
        }
        at = f"/partnerships/{partnership.id}/rounds/{round_.number}/facts/edit"
        assert log_in(amina).post(at, data=given).status_code == 303
    (fact,) = facts.of_round(session, released[1].id)
    assert (fact.ratio["value"], fact.ratio["target"]) == (0.6, pytest.approx(0.6))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"missions.joint": "13"}, "The part is larger than the whole."),
        ({"missions.source": ""}, "This is needed."),
        ({"missions.total": "many"}, "This is not a number that can be here."),
        ({"missions.total": "-4"}, "This is not a number that can be here."),
        ({"missions.total": "2.5"}, "This is not a number that can be here."),
        ({"missions.total": "1e400"}, "This is not a number that can be here."),
        ({"missions.doubts": "x" * 50_000}, "longer than 200 characters"),
    ],
)
def test_faults_save_nothing(log_in, amina, session, released, address, change, words):
    page = log_in(amina).post(f"{address}/edit", data={**GIVEN, **change})
    assert page.status_code == 422
    assert words in read(page)
    assert facts.of_round(session, released[-1].id) == ()


def test_reader_reads_and_enters_nothing(log_in, session, partnership, address):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    assert log_in(reader).get(address).status_code == 200
    assert log_in(reader).get(f"{address}/edit").status_code == 404
    assert log_in(reader).post(f"{address}/edit", data=GIVEN).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, address):
    assert log_in(stranger).get(address).status_code == 404


@pytest.mark.parametrize("number", ["99", "0", "x"])
def test_unknown_round(log_in, amina, partnership, number):
    assert log_in(amina).get(f"/partnerships/{partnership.id}/rounds/{number}/facts").status_code == 404
