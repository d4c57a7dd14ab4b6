"""docs/answering.md: every behaviour of a careful user is tried by a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "answering.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([UA]\d+) \| (.*) \|$", PAGE, re.MULTILINE))
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def test_every_behaviour_has_a_line():
    assert list(ROWS) == [f"U{n}" for n in range(1, 25)] + [f"A{n}" for n in (36, 37, 43, 48, 49)]


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_line_names_a_test(row):
    assert "::test_" in ROWS[row]


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_it_exists(path, name):
    assert re.search(rf"^ *def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
