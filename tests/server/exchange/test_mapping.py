from __future__ import annotations

from pathlib import Path

import pytest

from server.exchange.mapping import read_mapping
from surveys.problems import InvalidInput
from tests.server.exchange.samples import written

EXPECTED = {"org": "organization", "Q 1": "T1", "note": "-"}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("map.toml", ['org = "organization"', '"Q 1" = "T1"', 'note = "-"']),
        ("map.toml", ["[columns]", 'org = " organization"', '"Q 1" = "T1"', 'note = "-"']),
        ("map.csv", ["from,to", "org,organization", "Q 1, T1", "", "note,-"]),
        ("map.csv", ["org;organization", "Q 1;T1", "note;-"]),
    ],
)
def test_it_works(tmp_path: Path, name: str, lines: list[str]) -> None:
    assert read_mapping(written(tmp_path, *lines, name=name, encoding="utf-8-sig")) == EXPECTED


def test_no_mapping() -> None:
    assert read_mapping(None) == {}


@pytest.mark.parametrize(
    ("name", "lines", "sentence"),
    [
        ("map.toml", ["org = organization"], "map.toml cannot be read as a mapping: "),
        ("map.toml", ["org = 3"], "map.toml: org must be mapped to the name of a column; nothing was read"),
        ("map.csv", ["a,b", "c"], "map.csv, line 2: a mapping has two cells, theirs and ours; nothing was read"),
    ],
)
def test_faults(tmp_path: Path, name: str, lines: list[str], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_mapping(written(tmp_path, *lines, name=name))
    assert caught.value.message.startswith(sentence)
