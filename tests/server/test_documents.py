"""The documents of confidentiality and security name tests: each of them exists under that name."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(\w+)`")
# how many requirements of Levels 1 and 2 each section of OWASP ASVS 5.0.0 has; their numbers are 1 to that many
REQUIREMENTS = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
    5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2
    8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4
    11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1
    16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
"""
VERDICTS = ("met", "partly", "not met", "not applicable")


def named(document: str) -> list[tuple[str, str]]:
    """File and test; a name without a file belongs to the file named before it."""
    found, path = [], ""
    for match in NAMED.finditer((ROOT / "docs" / document).read_text(encoding="utf-8")):
        path = match[1] or path
        found.append((path, match[2]))
    return found


def test_names_are_found():
    assert len(named("confidentiality.md")) > 20
    assert len(named("security-asvs.md")) > 100


@pytest.mark.parametrize(
    ("path", "test"), sorted({*named("confidentiality.md"), *named("security-asvs.md"), *named("attacks.md")})
)
def test_a_test_that_is_named_exists(path, test):
    assert re.search(rf"def {test}\(", (ROOT / path).read_text(encoding="utf-8"))


def test_every_attack_is_sent_or_explained():
    rows = re.findall(r"^\| (\d+) \|([^|]+)\|([^|]+)\|$", (ROOT / "docs" / "attacks.md").read_text(), re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, 51))
    assert all(len(what.strip()) > 20 for *_, what in rows)


def verdicts() -> list[tuple[str, str, str]]:
    """Number, verdict and reason of each requirement, in the order of the document."""
    text = (ROOT / "docs" / "security-asvs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| \**([\w ]+?)\** \| (.+) \|$", text, re.MULTILINE)
    return [(row[0], row[1], row[2]) for row in rows]


def test_every_requirement_has_one_verdict():
    sections = [word.split(":") for word in REQUIREMENTS.split()]
    expected = [f"{section}.{number}" for section, count in sections for number in range(1, int(count) + 1)]
    assert len(expected) == 253
    assert [number for number, *_ in verdicts()] == expected
    assert {verdict for _, verdict, _ in verdicts()} == set(VERDICTS)
    assert all(len(reason) > 3 for *_, reason in verdicts())


def test_the_summary_says_what_the_table_says():
    summary = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    counts = Counter(verdict for _, verdict, _ in verdicts())
    assert "| **all 253** | " + " | ".join(f"**{counts[verdict]}**" for verdict in VERDICTS) + " |" in summary
    for heading, verdict in (("### Not met", "not met"), ("### Partly met", "partly")):
        listed = re.findall(r"\d+\.\d+\.\d+", re.split(r"^#", summary.split(heading)[1], flags=re.MULTILINE)[0])
        assert sorted(listed) == sorted(number for number, found, _ in verdicts() if found == verdict)
