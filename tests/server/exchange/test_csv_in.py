from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from server.exchange.csv_in import read_answers
from surveys.problems import InvalidInput
from tests.server.exchange.samples import HEADER, TINY, written


def fault_of(path: Path, **given: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_answers(path, TINY, **given)  # type: ignore[arg-type]  # Type ignore: sample values by name
    return caught.value.message


def test_it_works(tmp_path: Path) -> None:
    table = read_answers(
        written(tmp_path, HEADER, "water,Ministry,1,a,3,7,2.5", "water,Fund,1,b,,cannot_judge,PN"), TINY
    )
    assert (table.partnerships, table.organizations) == (("water",), ("Fund", "Ministry"))
    np.testing.assert_array_equal(table.answers, [[np.nan, np.nan, np.nan], [3, 7, 2.5]])
    np.testing.assert_array_equal(table.cannot_judge, [[False, True, False], [False] * 3])
    np.testing.assert_array_equal(table.prefer_not, [[False, False, True], [False] * 3])


def test_mark_and_semicolons(tmp_path: Path) -> None:
    lines = [HEADER.replace(",", ";"), "water;Ministry;1;a;3;7;2,5"]
    table = read_answers(written(tmp_path, *lines, encoding="utf-8-sig"), TINY)
    np.testing.assert_array_equal(table.answers, [[3, 7, 2.5]])


def test_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = [f"p{p},org {o},{r},x{p}{o}{r},{o},{r},{p}" for p in (1, 2) for o in (2, 10) for r in (1, 2)]
    one = read_answers(written(tmp_path, HEADER, *rows), TINY)
    two = read_answers(written(tmp_path, HEADER, *rows[::-1]), TINY)
    assert one.organizations == two.organizations == ("org 2", "org 10")
    for name in ("partnership", "round", "organization", "answers"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    table = read_answers(written(tmp_path, HEADER, "", "w,M,1,a,3,7,2", ",,,,,,", "w,M,1,b,3,7,2"), TINY)
    assert len(table.answers) == 2


def test_facts_of_rounds_and_organizations(tmp_path: Path) -> None:
    header = HEADER + ",closed_on,side,kind,language"
    rows = ["w,M,1,a,3,7,2,2024-06-30,,central_government,km", "w,F,1,b,3,7,2,,external,,en"]
    table = read_answers(written(tmp_path, header, *rows), TINY)
    assert table.closed_on == {(0, 1): date(2024, 6, 30)}
    assert {table.organizations[at]: side for at, side in table.sides.items()} == {"M": "national", "F": "external"}
    assert [table.languages[code] for code in table.language] == ["en", "km"]


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("w,M,1,a,11,7,2", "line 2, column T1: 11 is outside the scale 0 to 10"),
        ("w,M,1,a,-1,7,2", "line 2, column T1: -1 is outside the scale 0 to 10"),
        ("w,M,1,a,3,3.5,2", "line 2, column T2: 3.5 is a fraction; this scale has whole numbers from 0 to 10 only"),
        ("w,M,1,a,NaN,7,2", "line 2, column T1: “NaN” is not a score from 0 to 10"),
        ("w,M,1,a,1e0,7,2", "line 2, column T1: “1e0” is not a score"),
        ("w,M,1,a,3,7,inf", "line 2, column G1: “inf” is not a score from 1 to 5"),
        ("(all),M,1,a,3,7,2", "line 2, column partnership: “(all)” stands for all partnerships together"),
        (",M,1,a,3,7,2", "line 2, column partnership: the cell is empty"),
        ("w,,1,a,3,7,2", "line 2, column organization: the cell is empty"),
        ("w,M,1,,3,7,2", "line 2, column respondent: the cell is empty"),
        ("w,M,first,a,3,7,2", "line 2, column round: “first” is not the number of a round"),
        ("w,M,1000,a,3,7,2", "line 2, column round: “1000” is not the number of a round"),
        ("w,M,1,a,3,7", "line 2: 6 cells where the header has 7"),
        ("w,M\x07,1,a,3,7,2", "line 2, column organization: “M·” holds signs that cannot be printed"),
    ],
)
def test_faults_say_what_and_where(tmp_path: Path, cells: str, sentence: str) -> None:
    said = fault_of(written(tmp_path, HEADER, cells))
    assert said.startswith(f"answers.csv, {sentence}")
    assert said.endswith("; nothing was read")
    assert "\n" not in said


def test_whole_fractions_are_whole(tmp_path: Path) -> None:
    assert read_answers(written(tmp_path, HEADER, "w,M,1,a,3.0,7,2"), TINY).answers[0, 0] == 3


def test_a_respondent_answers_once(tmp_path: Path) -> None:
    rows = ["w,M,1,a,3,7,2", "w,M,2,a,3,7,2", "v,M,1,a,3,7,2", "w,F,1,a,4,7,2"]
    said = fault_of(written(tmp_path, HEADER, *rows))
    assert said == (
        "answers.csv, line 5, column respondent: “a” has answered round 1 of “w” in line 2 already; nothing was read"
    )


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (HEADER.replace("partnership", "project"), "line 1: the column partnership is missing; the header must hold"),
        (HEADER.replace("G1", "G11"), "line 1, column G11: tiny has no item “G11”; did you mean G1?"),
        (HEADER.replace("T2", "T1"), "line 1, column T1: two columns are called “T1”"),
        (HEADER.replace("T2", ""), "line 1, column 6: the column has no name"),
        ("partnership,organization,round,respondent", "line 1: there is no column with an item of tiny"),
        ("", "line 1: the file has no header"),
    ],
)
def test_wrong_headers(tmp_path: Path, header: str, sentence: str) -> None:
    assert fault_of(written(tmp_path, header, "w,M,1,a,3,7,2")).startswith(f"answers.csv, {sentence}")


def test_header_in_capitals_and_our_spelling(tmp_path: Path) -> None:
    table = read_answers(written(tmp_path, "Partnership,Organisation,Round,Respondent,t1", "w,M,1,a,3"), TINY)
    assert table.answers[0, 0] == 3


@pytest.mark.parametrize(
    "mapping", [{"Q1": "T1", "org": "organization", "note": "-"}, {"T1": "Q1", "organization": "org", "note": "-"}]
)
def test_mapping_renames_either_way(tmp_path: Path, mapping: dict[str, str]) -> None:
    path = written(tmp_path, "partnership,org,round,respondent,Q1,note", "w,M,1,a,3,whatever")
    assert read_answers(path, TINY, mapping).answers[0, 0] == 3


def test_every_line_another_person(tmp_path: Path) -> None:
    path = written(tmp_path, "partnership,organization,round,T1", "w,M,1,3", "w,M,1,3")
    assert len(read_answers(path, TINY, {"respondent": "(line)"}).answers) == 2


def test_names_of_any_script(tmp_path: Path) -> None:
    khmer, decomposed = "ក្រសួង\u200bសុខាភិបាល", "Ministe\u0301re"
    rows = [f"w,{khmer},1,a,3,7,2", f"w,{decomposed},1,b,3,7,2", "w,Minist\u00e9re,1,c,3,7,2"]
    assert read_answers(written(tmp_path, HEADER, *rows), TINY).organizations == ("Minist\u00e9re", khmer)
    assert "cannot be printed" in fault_of(written(tmp_path, HEADER, "w,Mi\u202enistry,1,a,3,7,2"))


def test_twenty_faults_and_the_rest_counted(tmp_path: Path) -> None:
    said = fault_of(written(tmp_path, HEADER, *(f"w,M,1,a{at},11,7,2" for at in range(33)))).splitlines()
    assert said[0] == "answers.csv has 33 faults; nothing was read:"
    assert said[1] == "  line 2, column T1: 11 is outside the scale 0 to 10"
    assert said[20] == "  line 21, column T1: 11 is outside the scale 0 to 10"
    assert said[21] == "  and 13 more"
    assert len(said) == 22


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    rows = ['w,"Ministry\nof Water",1,a,3,7,2', "", "w,M,1,b,12,7,2"]
    assert "line 5, column T1: 12" in fault_of(written(tmp_path, HEADER, *rows))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "line 1: the file is empty"),
        (HEADER.encode() + b"\n", "line 2: the file holds no answers"),
        (HEADER.encode() + b"\nw,Minist\xe8re,1,a,3,7,2\n", "line 2: byte 0xe8 is not UTF-8"),
        (HEADER.encode("utf-16"), "line 1: the file is UTF-16 text"),
        (HEADER.encode() + b'\nw,"M,1,a,3,7,2\n', "line 2: the line cannot be read"),
        (HEADER.encode() + b"\nw,M,1,a,3,7,2\x00\n", "line 2, column G1: “2·” is not a score"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, raw: bytes, sentence: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(raw)
    assert fault_of(path).startswith(f"answers.csv, {sentence}")


def test_a_missing_file(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.csv") == (
        "none.csv, the file cannot be opened (No such file or directory); nothing was read"
    )


def test_contradictions(tmp_path: Path) -> None:
    header = HEADER + ",side,kind"
    said = fault_of(written(tmp_path, header, "w,M,1,a,3,7,2,national,", "w,M,1,b,3,7,2,external,"))
    assert "line 3, column side: external here, but national in line 2" in said
    said = fault_of(written(tmp_path, header, "w,M,1,a,3,7,2,national,un_agency"))
    assert "line 2, column kind: un_agency is external, but the side says national" in said


def test_an_unknown_partnership(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, "water,M,1,a,3,7,2", "watter,M,1,a,3,7,2", "watter,M,1,b,3,7,2")
    said = fault_of(path, partnerships=("water", "roads"))
    assert said.splitlines() == [
        "answers.csv has 2 faults; nothing was read:",
        "  line 3, column partnership: there is no partnership “watter”; did you mean “water”?",
        "  and 1 more",
    ]


def test_the_outcome_is_the_callers(tmp_path: Path) -> None:
    said = fault_of(written(tmp_path, HEADER, "w,M,1,a,11,7,2"), outcome="nothing was imported")
    assert said.endswith("nothing was imported")


def test_a_terminal_is_not_obeyed(tmp_path: Path) -> None:
    assert "\x1b" not in fault_of(written(tmp_path, HEADER, "w,M,1,a,\x1b[31m,7,2"))
