"""/api/v1/partnerships/{id}/rounds, /release, /cells, /series, /export.*: what the pages show, to each seat its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from server.api.shapes import CellShape, PageShape, PointShape, ReleaseShape, RoundShape
from server.exports import SUFFIXES
from surveys import accounts
from surveys.releases import Cell, Comment
from tests.factories import make_account, make_organization
from tests.sample_releases import release
from tests.server.api.conftest import API
from tests.server.conftest import make_released


def at(partnership, path):
    return f"{API}/partnerships/{partnership.id}/{path}"


def test_rounds(program, amina, partnership, released):
    body = program(amina).get(at(partnership, "rounds")).json()
    items = PageShape[RoundShape].model_validate(body).items
    assert [(one.number, one.state, one.is_released) for one in items] == [(n, "released", True) for n in (1, 2, 3)]


def test_release(program, amina, partnership, released):
    body = program(amina).get(at(partnership, "rounds/3/release")).json()
    told = ReleaseShape.model_validate(body)
    assert (told.round, told.closed_on, told.version) == (3, "2025-06-30", 1)
    assert "cells" not in body
    assert [one["target"] for one in told.agenda] == ["item:T1"]


def test_cells(program, amina, partnership, released):
    browser = program(amina)
    body = browser.get(at(partnership, "rounds/3/cells?construct=headline:trust&estimate=level")).json()
    items = PageShape[CellShape].model_validate(body).items
    assert [(one.population, one.value, one.low, one.high, one.flag) for one in items] == [
        ("all", 60, 52, 68, "shown"),
        ("national", 66, 57, 75, "shown"),
        ("external", 54, 45, 63, "shown"),
    ]
    assert body["items"][0]["n_band"] == "16-25"
    assert "n" not in body["items"][0]


def test_series(program, amina, partnership, released):
    path = at(partnership, "series?construct=construct:T&estimate=level&population=all&language=km")
    items = PageShape[PointShape].model_validate(program(amina).get(path).json()).items
    assert [(one.round, one.value, one.segment) for one in items] == [(1, 58, 1), (2, 57, 1), (3, 40, 2)]
    assert {one.construct_name for one in items} == {"តម្លាភាព"}


def test_the_next_page_keeps_what_was_asked(program, amina, partnership, released):
    body = program(amina).get(at(partnership, "series?estimate=level&limit=7")).json()
    assert "estimate=level" in body["next"]
    assert "offset=7" in body["next"]


@pytest.mark.parametrize("role", ["representative", "trustee", "reader"])
def test_each_seat_reads_its_own_section(program, session, keystore, partnership, role):
    own = make_organization(session)
    cells = (
        Cell("given", "partner:a", value=11, audience="facilitator"),
        Cell("received", "partner:a", value=22, audience=f"partner:{own.id}"),
        Cell("received", "partner:b", value=33, audience="partner:somebody-else"),
    )
    told = release(1, date(2024, 6, 30), 62, 58, *cells)
    told = replace(told, comments=(Comment("T", "for the facilitator", "O2", "facilitator"),))
    make_released(session, keystore, partnership, (told,))
    account = make_account(session, role)
    organization_id = own.id if role == "representative" else None
    accounts.entrust(session, account, partnership.id, role=role, organization_id=organization_id)
    session.flush()
    browser = program(account)
    expected = {22} if role == "representative" else set()
    for path in ("rounds/1/cells?limit=500", "series?limit=500"):
        items = browser.get(at(partnership, path)).json()["items"]
        assert {one["value"] for one in items if one["audience"] != "all"} == expected
    assert browser.get(at(partnership, "rounds/1/release")).json()["comments"] == []
    for suffix in SUFFIXES:
        for path in (f"rounds/1/export.{suffix}", f"export.{suffix}"):
            answer = browser.get(at(partnership, path))
            assert answer.status_code == 200
            assert b"for the facilitator" not in answer.content


def test_files_are_those_of_the_pages(program, log_in, amina, partnership, released):
    browser = log_in(amina)
    program(amina)
    for suffix in SUFFIXES:
        pairs = [
            (at(partnership, f"export.{suffix}"), f"/partnerships/{partnership.id}/series.{suffix}"),
            (at(partnership, f"rounds/3/export.{suffix}"), f"/partnerships/{partnership.id}/rounds/3/release.{suffix}"),
            (f"{API}/export.{suffix}", f"/exports/programme.{suffix}"),
        ]
        for ours, pages in pairs:
            assert browser.get(ours).content == browser.get(pages).content


def test_a_round_without_a_release(program, amina, partnership, released):
    browser = program(amina)
    for path in ("rounds/9/release", "rounds/9/cells", "rounds/9/export.csv", "rounds/0/release", "rounds/x/cells"):
        assert browser.get(at(partnership, path)).status_code == 404


@pytest.mark.parametrize("query", ["language=xx", "estimate=" + "x" * 61, "construct=" + "x" * 201])
def test_impossible_filters(program, amina, partnership, released, query):
    assert program(amina).get(at(partnership, f"rounds/3/cells?{query}")).status_code == 422


def test_unknown_kind_of_file(program, amina, partnership, released):
    assert program(amina).get(at(partnership, "export.exe")).status_code == 404
