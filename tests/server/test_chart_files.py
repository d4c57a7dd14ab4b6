"""GET /partnerships/{id}/charts/{name}.{svg,png,csv}: the charts of the latest round as files."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from uuid import uuid4

import pytest

from surveys.releases import Cell
from tests.sample_releases import SERIES
from tests.server.conftest import make_released

SVG = "{http://www.w3.org/2000/svg}"


def address(partnership, name="profile.csv"):
    return f"/partnerships/{partnership.id}/charts/{name}"


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_it_works(log_in, amina, partnership, released):
    answer = log_in(amina).get(address(partnership))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert f"profile-{partnership.code}-round-3.csv" in answer.headers["content-disposition"]
    rows = rows_of(answer)
    assert [(row["round"], row["index"], row["value"], row["low"], row["high"], row["people"]) for row in rows] == [
        ("3", "construct:T", "40", "32", "48", "16-25"),
        ("2", "construct:T", "57", "49", "65", "16-25"),
        ("3", "construct:R", "60", "52", "68", "16-25"),
        ("2", "construct:R", "51", "43", "59", "16-25"),
    ]


def test_sides_have_their_own_rows(log_in, amina, partnership, released):
    rows = rows_of(log_in(amina).get(address(partnership, "sides.csv")))
    assert [(row["population"], row["value"]) for row in rows[:2]] == [("national", "46"), ("external", "34")]


@pytest.mark.parametrize("name", ["profile", "sides"])
def test_drawing_for_other_programs(log_in, amina, partnership, released, name):
    answer = log_in(amina).get(address(partnership, f"{name}.svg"))
    assert answer.headers["content-type"].startswith("image/svg+xml")
    root = ET.fromstring(answer.content)
    assert root.find(f"{SVG}title").text
    assert list(root.iter(f"{SVG}text")) == []  # letters as shapes
    assert log_in(amina).get(address(partnership, f"{name}.svg")).content == answer.content


def test_picture_for_slides(log_in, amina, partnership, released):
    assert log_in(amina).get(address(partnership, "profile.png")).content.startswith(b"\x89PNG")


def test_importance_only_where_it_was_asked(log_in, amina, session, keystore, partnership):
    importance = Cell("importance", "construct:T", value=80, low=74, high=86, n_band="16-25")
    browser = log_in(amina)
    make_released(session, keystore, partnership, (replace(SERIES[0], cells=(*SERIES[0].cells, importance)), SERIES[1]))
    rows = rows_of(browser.get(address(partnership, "importance.csv")))  # of the latest round that asked
    assert [
        (row["round"], row["index"], row["estimate"], row["value"]) for row in rows if row["index"].endswith("T")
    ] == [
        ("1", "construct:T", "level", "58"),
        ("1", "construct:T", "importance", "80"),
    ]


@pytest.mark.parametrize("name", ["importance.csv", "importance.svg", "other.csv", "profile.pdf", "profile"])
def test_what_there_is_not(log_in, amina, partnership, released, name):
    assert log_in(amina).get(address(partnership, name)).status_code == 404


def test_without_a_release(log_in, amina, partnership):
    assert log_in(amina).get(address(partnership)).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    assert log_in(stranger).get(address(partnership)).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_or_malformed_id(log_in, amina, unknown):
    assert log_in(amina).get(f"/partnerships/{unknown}/charts/profile.csv").status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


def test_wrong_method(log_in, amina, partnership):
    assert log_in(amina).post(address(partnership)).status_code == 405
