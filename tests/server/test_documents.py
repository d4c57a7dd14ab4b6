"""The documents of confidentiality and security name tests: each of them exists under that name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(\w+)`")


def named(document: str) -> list[tuple[str, str]]:
    """File and test; a name without a file belongs to the file named before it."""
    found, path = [], ""
    for match in NAMED.finditer((ROOT / "docs" / document).read_text(encoding="utf-8")):
        path = match[1] or path
        found.append((path, match[2]))
    return found


def test_names_are_found():
    assert len(named("confidentiality.md")) > 20
    assert len(named("security.md")) > 30


@pytest.mark.parametrize(
    ("path", "test"), sorted({*named("confidentiality.md"), *named("security.md"), *named("attacks.md")})
)
def test_a_test_that_is_named_exists(path, test):
    assert re.search(rf"def {test}\(", (ROOT / path).read_text(encoding="utf-8"))


def test_every_attack_is_sent_or_explained():
    rows = re.findall(r"^\| (\d+) \|([^|]+)\|([^|]+)\|$", (ROOT / "docs" / "attacks.md").read_text(), re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 51))
    assert all(len(what.strip()) > 20 for *_, what in rows)
