from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.reference.cases import Case, Comparison
from tests.reference.run import main, run_case

FOLDER = Path(os.environ["RAPPORT_REFERENCE"]) / "public"
CASES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_agrees_with_reference(path: Path) -> None:
    outcome = run_case(path)
    assert outcome.passed, "\n".join(outcome.lines())


def _case(tmp_path: Path, **changes: object) -> Path:
    written = {
        "id": "X01",
        "method": "Mean, SD, SE, t interval",
        "input": {},
        "expected": {},
        "data": {"file": "X01.csv"},
    }
    (tmp_path / "X01.csv").write_text('"set","y"\n"None",1\n"None",\n', encoding="utf-8")
    path = tmp_path / "X01.json"
    path.write_text(json.dumps(written | changes), encoding="utf-8")
    return path


def test_only_the_empty_cell_is_missing(tmp_path: Path) -> None:
    case = Case.read(_case(tmp_path))
    assert case.text("set") == ["None", "None"]
    assert case.text("y") == ["1", None]


@pytest.mark.parametrize(
    ("computed", "differing"),
    [
        ({"a": 1.0, "b": [float("nan"), "x"], "c": True, "more": 3}, []),
        ({"a": 1.01, "b": [None, "x"], "c": True}, ["a"]),
        ({"a": 1.0, "b": [0.0, "y"], "c": 1}, ["b.0", "b.1", "c"]),
        ({"a": 1.0, "b": [None, "x"]}, ["c"]),
        ({"a": float("nan"), "b": [None], "c": True}, ["a", "b"]),
    ],
)
def test_comparing_walks_what_is_expected(tmp_path: Path, computed: dict[str, object], differing: list[str]) -> None:
    expected = {"a": 1, "b": [None, "x"], "c": True}
    comparison = Comparison(Case.read(_case(tmp_path, expected=expected)))
    comparison.walk(computed, expected)
    assert [difference.path for difference in comparison.differences] == differing


def test_unknown_method_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _case(tmp_path, method="Reading tea leaves", expected={"a": 1})
    assert main([str(tmp_path)]) == 1
    assert "unknown method" in capsys.readouterr().out


def test_table_without_description_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "Y01.csv").write_text("y\n1\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 1


def test_empty_folder_is_no_success(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1
