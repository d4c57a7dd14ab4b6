"""Exports of other tools: the samples of docs/importing.md, their columns, cells and rounds, and their faults."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from sqlmodel import select

from server.exchange.csv_in import AnswerTable, read_answers
from server.exchange.histories import Histories
from server.exchange.mapping import read_mapping
from server.importing import OUTCOME, Placing, digest_of, store_history
from server.local import Wanted, read
from surveys import releases
from surveys.instruments import standard_instrument
from surveys.models import Response, Round
from surveys.partnerships import find_by_code
from surveys.problems import InvalidInput
from tests.server.exchange.samples import TINY, written

PAST = Path(__file__).resolve().parents[3] / "docs" / "examples" / "past"
SAMPLES = ("limesurvey.csv", "kobotoolbox.xlsx", "google-forms.csv")
PTI = standard_instrument()
BASIC = ["[constants]", 'partnership = "p"', 'organization = "o"', 'round = "1"', "[columns]", 'id = "respondent"']


def sample(name: str) -> AnswerTable:
    mapping = read_mapping(PAST / f"{name.partition('.')[0]}.toml")
    return read_answers(PAST / name, PTI, mapping)


def table(folder: Path, recipe: list[str], *lines: str) -> AnswerTable:
    mapping = read_mapping(written(folder, *recipe, name="map.toml"))
    return read_answers(written(folder, *lines), TINY, mapping)


def refused(folder: Path, recipe: list[str], *lines: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        table(folder, recipe, *lines)
    return caught.value.message


def column(given: AnswerTable, code: str) -> list[float]:
    at = [item.code for item in given.instrument.items].index(code)
    return [None if np.isnan(one) else float(one) for one in given.answers[:, at]]


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_whole(name: str) -> None:
    given = sample(name)
    assert given.partnerships == ("Health, as asked before",)
    assert given.organizations == ("Agency for Health", "Example Fund", "Ministry of Health", "Village Health Network")
    assert [int((given.round == number).sum()) for number in (1, 2)] == [12, 12]
    assert given.closed_on == {(0, 1): date(2023, 5, 31), (0, 2): date(2024, 5, 31)}
    assert sorted(given.sides.values()) == ["external", "external", "national", "national"]
    asked = {item.code for at, item in enumerate(PTI.items) if not np.isnan(given.answers[:, at]).all()}
    assert asked == {"T1", "T2", "T3", "R1", "R2", "R3"}


def test_samples_say_what_was_left_out() -> None:
    assert sample("limesurvey.csv").notes[1] == "2 lines were left out as the mapping wants it."
    assert sample("kobotoolbox.xlsx").notes[0].startswith("11 columns of the file were left out: “start”, “end”")
    assert len(sample("google-forms.csv").notes) == 1


def test_samples_keep_what_was_not_answered_apart() -> None:
    lime, kobo, google = (sample(name) for name in SAMPLES)
    assert (lime.cannot_judge.sum(), lime.prefer_not.sum()) == (2, 0)
    assert (kobo.cannot_judge.sum(), kobo.prefer_not.sum()) == (2, 2)
    assert google.cannot_judge.sum() == 2
    n_missing = np.isnan(lime.answers[:, [i.code[0] in "TR" and i.code[1] in "123" for i in PTI.items]]).sum()
    assert n_missing == 4  # two that could not judge, two that were not asked (N/A)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_imported_is_marked_and_protected(session, name, now: datetime) -> None:
    wanted = Wanted(PAST / name, mapping=PAST / f"{name.partition('.')[0]}.toml")
    given = read(wanted, outcome=OUTCOME)
    made = store_history(session, given, digest_of(wanted), Placing(prefix="x-"), actor="test", now=now)
    assert (made.partnerships, made.rounds) == (1, 2)
    partnership = find_by_code(session, "x-health-as-asked-before")
    assert partnership.phase == "imported"
    for release in releases.series(session, partnership.id, audience="facilitator"):
        assert release.provenance["imported"]
        levels = [cell for cell in release.cells if cell.estimate == "level" and cell.value is not None]
        assert levels
        assert {cell.n_band for cell in levels if cell.population == "all"} == {"11-15"}
        assert not [cell for cell in levels if cell.population == "national"]  # six people of two organizations
    assert not session.exec(select(Response)).all()
    assert {one.closes_at.hour for one in session.exec(select(Round))} == {12}  # no time of answering is kept


def test_histories_speak_of_what_was_left_out() -> None:
    assert "2 lines were left out" in Histories(PTI, sample("limesurvey.csv")).notes[1]


def test_columns_by_one_end_of_their_names(tmp_path: Path) -> None:
    recipe = ['tool = "google-forms"', *BASIC, '"How true? *" = "T1"', '"*(grade)" = "G1"']
    given = table(tmp_path, recipe, "id,How true? [One],Give a (grade),other", "a,3,4,x", "b,5,2,y")
    assert (column(given, "T1"), column(given, "G1")) == ([3, 5], [4, 2])
    assert given.notes == ("1 columns of the file were left out: “other”.",)


def test_spaces_and_line_ends_in_headings_do_not_count(tmp_path: Path) -> None:
    given = table(tmp_path, [*BASIC, '"How true is it" = "T1"'], 'id,"How  true\nis it "', "a,3")
    assert column(given, "T1") == [3]


def test_one_column_per_option(tmp_path: Path) -> None:
    recipe = [line for line in BASIC if "organization" not in line]
    recipe += ['T1 = "T1"', "[choose.organization]", '"ORG[a]" = "Ministry"', '"ORG[b]" = "Fund"']
    given = table(tmp_path, recipe, "id,ORG[a],ORG[b],T1", "1,Y,,3", "2,,1,4")
    assert given.organizations == ("Fund", "Ministry")
    said = refused(tmp_path, recipe, "id,ORG[a],ORG[b],T1", "1,Y,Y,3")
    assert said == "answers.csv, line 2, column organization: “Ministry” and “Fund” are both marked; nothing was read"
    assert "line 2, column organization: the cell is empty" in refused(tmp_path, recipe, "id,ORG[a],ORG[b],T1", "1,,,3")


def test_several_answers_in_one_cell(tmp_path: Path) -> None:
    recipe = [line for line in BASIC if "organization" not in line]
    recipe += ['org = "organization"', 'T1 = "T1"', "[separators]", 'organization = ";"']
    assert table(tmp_path, recipe, "id,org,T1", "1,Fund,3").organizations == ("Fund",)
    said = refused(tmp_path, recipe, "id,org,T1", "1,Fund;Ministry,3")
    assert "line 2, column organization: “Fund;Ministry” holds several answers where one is needed" in said


def test_rows_left_out(tmp_path: Path) -> None:
    recipe = [*BASIC, 'T1 = "T1"', "[skip]", 'status = ["test", ""]']
    given = table(tmp_path, recipe, "id,T1,status", "1,3,test", "2,4,ok", "3,5,")
    assert column(given, "T1") == [4]


def test_values_of_one_column_go_before_those_of_all(tmp_path: Path) -> None:
    recipe = [*BASIC, 'T1 = "T1"', 'T2 = "T2"', "[values]", 'high = "10"', "[values.T2]", 'high = "7"']
    given = table(tmp_path, recipe, "id,T1,T2", "1,high,high")
    assert (column(given, "T1"), column(given, "T2")) == ([10], [7])


@pytest.mark.parametrize(
    ("form", "cells"),
    [
        ("", ("2024-05-02T10:20:11.000+07:00", "2024-06-01")),
        ('format = "%m/%d/%Y %H:%M:%S"', ("5/2/2024 10:20:11", "6/1/2024 00:00:00")),
        ('format = "%d.%m.%Y"', ("02.05.2024", "01.06.2024")),
    ],
)
def test_rounds_by_their_days(tmp_path: Path, form: str, cells: tuple[str, str]) -> None:
    recipe = [line for line in BASIC if "round" not in line]
    days = "periods = [{number=1, from=2024-05-01, until=2024-05-31}, {number=2, from=2024-06-01, until=2024-06-30}]"
    recipe += ['T1 = "T1"', "[round]", 'column = "when"', form, days]
    given = table(tmp_path, recipe, "id,when,T1", f"1,{cells[0]},3", f"2,{cells[1]},4")
    assert list(given.round) == [1, 2]
    assert given.closed_on[0, 2] == date(2024, 6, 30)
    for wrong in ("2031-01-01", "yesterday", ""):
        said = refused(tmp_path, recipe, "id,when,T1", f"1,{wrong},3")
        assert f"line 2, column when: “{wrong}” lies in no period of the mapping" in said


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (['tool = "excel"'], "the tool excel is not known; known are limesurvey, kobotoolbox, google-forms"),
        (["[colums]", 'a = "b"'], "colums is not a part of a mapping; known are tool, sheet, columns"),
        (["[columns]", 'a = ["b"]', "[skip]"], "columns, a must be text in quotes"),
        (["[skip]", "a = 3"], "skip.a must be a list of cells in quotes"),
        (["[choose]", 'a = "b"'], "choose.a must be a table"),
        (["[round]", 'column = "a"'], "round needs periods, each with number, from and until"),
        (["[round]", 'column = "a"', "periods = [{number = 1}]"], "a period needs number = 1, from = 2024-05-01"),
        (
            ["[round]", 'column = "a"', "periods = [{number = 1, from = 2024-05-01, until = 2024-04-01}]"],
            "round 1 ends before it begins",
        ),
        (
            [
                "[round]",
                'column = "a"',
                "periods = [{number=1, from=2024-05-01, until=2024-06-01},",
                "{number=2, from=2024-06-01, until=2024-07-01}]",
            ],
            "the days of round 2 must follow those of round 1",
        ),
    ],
)
def test_faults_of_the_mapping(tmp_path: Path, lines: list[str], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_mapping(written(tmp_path, *lines, name="map.toml"))
    assert sentence in caught.value.message
    assert caught.value.message.endswith("nothing was read")


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    said = refused(tmp_path, ["[constants]", 'round = "1"', "[columns]", '"Frage 2x" = "T2"'], "id,Frage 2", "1,2")
    assert "the mapping names the column “Frage 2x”, which the file does not have; did you mean “Frage 2”?" in said


def test_a_name_that_fits_two_columns(tmp_path: Path) -> None:
    said = refused(tmp_path, [*BASIC, '"Q*" = "T1"'], "id,Q1,Q2", "1,2,3")
    assert "“Q*” of the mapping fits 2 columns" in said


def test_an_item_that_nobody_knows(tmp_path: Path) -> None:
    said = refused(tmp_path, [*BASIC, 'Q1 = "T1"', 'Q2 = "T9"'], "id,Q1,Q2", "1,2,3")
    assert "tiny has no item “T9”" in said


def workbook(folder: Path, *rows: tuple[object, ...], sheet: str = "data") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.create_sheet("other").append(("nothing",))
    path = folder / "answers.xlsx"
    book.save(path)
    return path


def test_a_workbook_is_read_as_a_file_would_be(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("partnership", "organization", "round", "respondent", "T1", "G1", None),
        ("p", "o", 1, "a", 3.0, 4.5, None),
        (None, None, None, None, None, None, None),
        ("p", "o", 1.0, 7, None, 2, None),
    )
    given = read_answers(path, TINY)
    assert (column(given, "T1"), column(given, "G1")) == ([3, None], [4.5, 2])


def test_faults_of_a_workbook_name_the_row(tmp_path: Path) -> None:
    head = ("partnership", "organization", "round", "respondent", "T1")
    path = workbook(tmp_path, head, ("p", "o", 1, "a", 3), ("p", "o", 1, "b", 11))
    with pytest.raises(InvalidInput, match="line 3, column T1: 11 is outside the scale 0 to 10"):
        read_answers(path, TINY)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"partnership,organization\n", b"\xd0\xcf\x11\xe0old"])
def test_what_is_no_workbook(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers.xlsx"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="cannot be read as a workbook"):
        read_answers(path, TINY)


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("a",), sheet="answers")
    mapping = read_mapping(written(tmp_path, 'sheet = "Data"', "[skip]", name="map.toml"))
    with pytest.raises(InvalidInput, match="the workbook has no sheet “Data”; it has “answers”, “other”"):
        read_answers(path, TINY, mapping)
