"""GET /exports, and the files of a release, a series and a programme: stored numbers, to each seat its own."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date

import openpyxl
import pyreadstat
import pytest

from server.csv_files import original
from server.exchange.statistics_out import shortened
from server.exchange.tidy import TidyRow
from server.exports import SUFFIXES
from surveys import accounts
from surveys.releases import Cell, Comment, Marker
from tests.factories import make_account, make_partnership
from tests.sample_releases import SERIES, release
from tests.server.conftest import make_released, text_of

KHMER = "ភាពជាដៃគូទឹកស្អាត" * 20
HARD = ("=HYPERLINK(1)", "'=1", "@SUM(1)", "مياه نظيفة", "Zoë 🙂" + " long" * 60, KHMER)


def address(partnership, file="release.csv", number=3):
    middle = f"/rounds/{number}" if file.startswith("release") else ""
    return f"/partnerships/{partnership.id}{middle}/{file}"


def table(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def opened(content, suffix, tmp_path):
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(content)
    read = pyreadstat.read_sav if suffix == "sav" else pyreadstat.read_dta
    return read(path, output_format="dict")


def test_it_works(log_in, amina, partnership, released):
    answer = log_in(amina).get(address(partnership))
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbfpartnership,partnership_code,round,")
    name = f'"release-{partnership.code}-round-3.csv"'
    assert answer.headers["content-disposition"] == f"attachment; filename={name}"
    row = next(r for r in table(answer.content) if r["construct"] == "headline:trust" and r["population"] == "external")
    assert (row["estimate"], row["value"], row["low"], row["high"], row["flag"]) == ("level", "54", "45", "63", "shown")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("file", ["release", "series", "programme"])
def test_same_release_same_bytes(log_in, amina, partnership, released, file, suffix):
    browser = log_in(amina)
    path = f"/exports/programme.{suffix}" if file == "programme" else address(partnership, f"{file}.{suffix}")
    first = browser.get(path)
    assert first.status_code == 200
    assert browser.get(path).content == first.content


def test_series_tells_comparable_stretches_apart(log_in, amina, partnership, released):
    rows = table(log_in(amina).get(address(partnership, "series.csv")).content)
    levels = [r for r in rows if (r["estimate"], r["construct"], r["population"]) == ("level", "construct:T", "all")]
    assert [(r["round"], r["closed_on"], r["segment"]) for r in levels] == [
        ("1", "2024-06-30", "1"),
        ("2", "2024-12-31", "1"),
        ("3", "2025-06-30", "2"),
    ]


def test_a_reworded_topic_breaks_only_itself(log_in, amina, session, keystore, partnership):
    changed = release(2, date(2024, 12, 31), 51, 57)
    changed = replace(changed, markers=(Marker("instrument_version", changed.closed_on, is_break=True, note="T"),))
    make_released(session, keystore, partnership, (SERIES[0], changed))
    rows = table(log_in(amina).get(address(partnership, "series.csv")).content)
    last = {r["construct"]: r["segment"] for r in rows if r["round"] == "2" and r["estimate"] == "level"}
    expected = {"construct:T": "2", "headline:transparency": "2", "construct:R": "1", "headline:trust": "1"}
    assert {name: last[name] for name in expected} == expected


def test_flags_say_why_a_number_is_missing(log_in, amina, session, keystore, partnership):
    cells = (
        Cell("level", "item:T1", reason="insider"),
        Cell("level", "item:T5", reason="too_few"),
        Cell("level", "item:R1", low=40, high=60, flags=("range",)),
        Cell("change_last", "construct:T", reason="broken_series"),
        Cell("level", "composite", value=50, reason="suppressed"),
    )
    make_released(session, keystore, partnership, (release(1, date(2024, 6, 30), 62, 58, *cells),))
    rows = {
        (r["estimate"], r["construct"]): r for r in table(log_in(amina).get(address(partnership, number=1)).content)
    }
    flags = {key[1]: rows[key]["flag"] for key in [("level", "item:T1"), ("level", "item:T5"), ("level", "item:R1")]}
    assert flags == {"item:T1": "hidden", "item:T5": "too_few", "item:R1": "range"}
    assert rows["change_last", "construct:T"]["flag"] == "broken_series"
    assert rows["level", "composite"]["flag"] == "no_interval"
    assert rows["spread", "headline:trust"]["flag"] == "word"


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_group_sizes_leave_in_bands_only(log_in, amina, session, keystore, partnership, suffix):
    told = release(1, date(2024, 6, 30), 62, 58, Cell("level", "composite", value=50, n=777, n_band="26+"))
    told = replace(told, provenance={"people": 777, "organizations": 4})
    make_released(session, keystore, partnership, (told,))
    content = log_in(amina).get(address(partnership, f"release.{suffix}", 1)).text
    assert "777" not in content
    assert "26+" in content
    assert "16-25" in content  # of the response, where only a count was stored


def test_no_seat_sees_more_than_its_section(log_in, session, keystore, partnership):
    cells = (
        Cell("received", "partner:o1", value=11, audience="facilitator"),
        Cell("received", "partner:o2", value=22, audience="partner:o2"),
    )
    told = release(1, date(2024, 6, 30), 62, 58, *cells, comments=(Comment("T", "secret words", "O2", "facilitator"),))
    make_released(session, keystore, partnership, (told,))
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    browser = log_in(reader)
    for suffix in SUFFIXES:
        for path in (address(partnership, f"release.{suffix}", 1), address(partnership, f"series.{suffix}")):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert b"secret words" not in answer.content
    rows = table(browser.get(address(partnership, number=1)).content)
    assert not [row for row in rows if row["estimate"] == "received"]
    assert {row["audience"] for row in rows} == {"all"}


def test_facilitator_has_the_facilitators_section(log_in, amina, session, keystore, partnership):
    told = release(1, date(2024, 6, 30), 62, 58, Cell("given", "partner:o1", value=11, audience="facilitator"))
    told = replace(told, comments=(Comment("T", "for her eyes", "O2", "facilitator"),))
    make_released(session, keystore, partnership, (told,))
    body = log_in(amina).get(address(partnership, "release.json", 1)).json()
    assert [cell["value"] for cell in body["cells"] if cell["audience"] == "facilitator"] == [11]
    assert [one["text"] for one in body["comments"]] == ["for her eyes"]


@pytest.fixture
def hard_names(session, keystore, partnership):
    """A series in which the partnership has another hard name in every round."""
    make_released(
        session,
        keystore,
        partnership,
        [release(at, date(2020 + at, 6, 30), 62, 58, partnership=n, round_label=n) for at, n in enumerate(HARD, 1)],
    )


def test_hard_names_come_back_from_csv(log_in, amina, partnership, hard_names):
    rows = table(log_in(amina).get(address(partnership, "series.csv")).content)
    assert list(dict.fromkeys(original(row["partnership"]) for row in rows)) == list(HARD)
    assert not [row for row in rows if row["round_label"][0] in "=@+-"]


def test_hard_names_come_back_from_a_workbook(log_in, amina, partnership, hard_names):
    content = log_in(amina).get(address(partnership, "series.xlsx")).content
    data, codes = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    header, *rows = data.iter_rows()
    assert tuple(cell.value for cell in header) == TidyRow._fields
    assert list(dict.fromkeys(row[0].value for row in rows)) == list(HARD)
    assert {row[0].data_type for row in rows} == {"s"}  # text, never a formula
    assert ["partnership_code", partnership.code, KHMER] in [[c.value for c in row] for row in codes.iter_rows()]


def test_workbook_says_what_every_column_means(log_in, amina, partnership, released):
    content = log_in(amina).get(address(partnership, "series.xlsx")).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    lines = [[cell.value for cell in row] for row in book.worksheets[1].iter_rows(min_row=2)]
    explained = [line[0] for line in lines if line[1] is None]
    assert explained == list(TidyRow._fields)
    assert ["wording", "sample 1 T1", "I hear about decisions early enough."] in lines
    assert ["estimate", "spread", "Agreement"] in lines
    assert book.properties.created.date() == date(2025, 6, 30)


@pytest.mark.parametrize("suffix", ["sav", "dta"])
def test_statistics_programs_open_it(log_in, amina, partnership, released, suffix, tmp_path):
    columns, about = opened(log_in(amina).get(address(partnership, f"series.{suffix}")).content, suffix, tmp_path)
    assert tuple(columns) == TidyRow._fields
    place = next(
        at
        for at in range(len(columns["round"]))
        if (columns["round"][at], columns["construct_name"][at], columns["value"][at]) == (3, "Trust", 54)
    )
    assert (columns["low"][place], columns["high"][place]) == (45, 63)
    assert columns["closed_on"][place] == date(2025, 6, 30)
    labels = about.variable_value_labels
    assert labels["population"][columns["population"][place]] == "external partners"
    assert labels["flag"][columns["flag"][place]] == "shown"
    assert labels["construct"][columns["construct"][place]].endswith("Trust")
    assert about.column_names_to_labels["low"] == "Lower end of the interval or of the range shown"
    assert None in columns["value"]  # what is hidden is missing, never a zero
    assert about.creation_time.date() == date(2025, 6, 30)


@pytest.mark.parametrize("suffix", ["sav", "dta"])
def test_hard_labels_are_cut_visibly(log_in, amina, partnership, hard_names, suffix, tmp_path):
    browser = log_in(amina)
    columns, about = opened(browser.get(address(partnership, f"series.{suffix}")).content, suffix, tmp_path)
    assert list(dict.fromkeys(columns["partnership"])) == [shortened(name, 1_000) for name in HARD]
    label = about.variable_value_labels["partnership_code"][columns["partnership_code"][0]]
    assert label.endswith("…")
    assert f"{partnership.code}: {KHMER}".startswith(label.removesuffix("…"))
    assert len(label.encode()) <= 120
    book = table(browser.get(address(partnership, "series-codebook.csv")).content)
    assert KHMER in [line["text"] for line in book]


@pytest.mark.parametrize("limit", [10, 11, 12, 120, 255])
def test_a_sign_is_never_cut_in_two(limit):
    assert len(shortened(KHMER, limit).encode()) <= limit
    assert shortened(KHMER, limit).endswith("…")


def test_programme_holds_every_partnership_of_the_account(log_in, amina, session, keystore, partnership, released):
    other = make_partnership(session, instrument_code="sample")
    make_released(session, keystore, other, SERIES[:1])
    hidden = make_partnership(session, instrument_code="sample")
    make_released(session, keystore, hidden, SERIES[:1])
    accounts.entrust(session, amina, other.id, role="reader")
    session.flush()
    rows = table(log_in(amina).get("/exports/programme.csv").content)
    assert {row["partnership_code"] for row in rows} == {partnership.code, other.code}
    assert {row["estimate"] for row in rows} == {"level", "change_last"}


def test_json_is_a_table_with_its_codebook(log_in, amina, partnership, released):
    body = json.loads(log_in(amina).get(address(partnership, "series.json")).content)
    assert tuple(body["rows"][0]) == TidyRow._fields
    assert body["codebook"][0]["column"] == "partnership"


def test_words_follow_the_language(log_in, amina, partnership, released):
    rows = table(log_in(amina).get(address(partnership, "series.csv") + "?language=km").content)
    assert "តម្លាភាព" in {row["construct_name"] for row in rows}


def test_page_leads_to_every_file(log_in, amina, partnership, released):
    browser = log_in(amina)
    page = browser.get("/exports")
    assert partnership.title in text_of(page.text)
    for file in ("/exports/programme", f"/partnerships/{partnership.id}/series"):
        for suffix in (*(f".{one}" for one in SUFFIXES), "-codebook.csv"):
            assert f'href="{file}{suffix}"' in page.text
            assert browser.get(f"{file}{suffix}").status_code == 200
    assert (
        f'href="/partnerships/{partnership.id}/rounds/3/release.sav"'
        in browser.get(f"/partnerships/{partnership.id}/rounds/3").text
    )


def test_without_releases_files_are_empty_tables(log_in, amina, partnership):
    browser = log_in(amina)
    assert table(browser.get(address(partnership, "series.csv")).content) == []
    for suffix in SUFFIXES:
        assert browser.get(address(partnership, f"series.{suffix}")).status_code == 200


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    browser = log_in(stranger)
    for suffix in (*SUFFIXES, "csv"):
        assert browser.get(address(partnership, f"release.{suffix}")).status_code == 404
        assert browser.get(address(partnership, f"series.{suffix}")).status_code == 404
    assert table(browser.get("/exports/programme.csv").content) == []
    assert partnership.title not in browser.get("/exports").text


@pytest.mark.parametrize("path", ["/exports", "/exports/programme.csv"])
def test_nobody_is_sent_to_the_login(client, path):
    assert client.get(path).headers["location"].startswith("/login")


def test_unknown_round_and_kind(log_in, amina, partnership, released):
    browser = log_in(amina)
    assert browser.get(address(partnership, number=9)).status_code == 404
    assert browser.get(address(partnership, "release.exe")).status_code in (404, 422)
    assert browser.get("/partnerships/nonsense/series.csv").status_code in (404, 422)
