"""GET /partnerships/{id}/trend.svg, .png, .csv: the same stored numbers, for other programs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from server.csv_files import download, to_csv
from tests.sample_releases import SERIES
from tests.server.conftest import make_released

FILES = ("trend.svg", "trend.png", "trend.csv")


def address(partnership, file, query=""):
    return f"/partnerships/{partnership.id}/{file}{query}"


@pytest.mark.parametrize(
    ("file", "kind", "begins"),
    [
        ("trend.svg", "image/svg+xml; charset=utf-8", b"<svg "),
        ("trend.png", "image/png", b"\x89PNG"),
        ("trend.csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfpartnership,round,"),
    ],
)
def test_it_works(log_in, amina, partnership, released, file, kind, begins):
    answer = log_in(amina).get(address(partnership, file))
    assert answer.headers["content-type"] == kind
    assert answer.content.startswith(begins)
    name = f'"trend-{partnership.code}-headline-trust-all.{file.rpartition(".")[2]}"'
    assert answer.headers["content-disposition"] == f"attachment; filename={name}"


def test_csv_holds_the_numbers_of_the_page(log_in, amina, partnership, released):
    answer = log_in(amina).get(address(partnership, "trend.csv", "?index=headline:trust&who=sides"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["round"], row["population"], row["value"], row["low"], row["high"]) for row in rows][-2:] == [
        ("3", "national", "66", "57", "75"),
        ("3", "external", "54", "45", "63"),
    ]


def test_csv_says_why_a_number_is_missing(log_in, amina, partnership, released):
    answer = log_in(amina).get(address(partnership, "trend.csv", "?index=headline:transparency"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    last = rows[-1]
    assert (last["estimate"], last["value"], last["words"]) == (
        "change_last",
        "",
        "not comparable: the questionnaire, the languages or the partners changed in between",
    )
    assert rows[-2]["people"] == "16-25"


def test_hostile_names_stay_text(log_in, amina, session, keystore, partnership):
    hostile = replace(SERIES[0], partnership="=HYPERLINK(1)", round_label="@SUM(1)")
    make_released(session, keystore, partnership, (hostile,))
    row = log_in(amina).get(address(partnership, "trend.csv")).content.decode("utf-8-sig").splitlines()[1]
    assert row.startswith("'=HYPERLINK(1),1,'@SUM(1),")


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula(begin):
    (row,) = csv.reader(io.StringIO(to_csv([f"{begin}1"], []).decode("utf-8-sig"), newline=""))
    assert row == [f"'{begin}1"]


def test_numbers_keep_their_sign():
    assert to_csv(["a"], [(-3, None, 2.5)]).decode("utf-8-sig") == "a\r\n-3,,2.5\r\n"


@pytest.mark.parametrize("name", ['a"\r\nSet-Cookie: x.csv', "../../etc/passwd.csv", "តម្លាភាព.csv"])
def test_download_names_are_plain(name):
    said = download(b"", name, "text/csv").headers["content-disposition"]
    assert said.removeprefix('attachment; filename="').removesuffix('.csv"').replace("-", "").isalnum()


@pytest.mark.parametrize("file", FILES)
def test_stranger_finds_nothing(log_in, stranger, partnership, released, file):
    assert log_in(stranger).get(address(partnership, file)).status_code == 404


@pytest.mark.parametrize("file", ["trend.svg", "trend.png"])
def test_without_a_release_there_is_no_picture(log_in, amina, partnership, file):
    assert log_in(amina).get(address(partnership, file)).status_code == 404


def test_same_file_twice(log_in, amina, partnership, released):
    browser = log_in(amina)
    for file in FILES:
        assert browser.get(address(partnership, file)).content == browser.get(address(partnership, file)).content
