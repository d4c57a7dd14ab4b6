"""A million rows on a small machine: under a minute and under 4 GB, and the cost grows no faster than the file."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench._data import CONSTRUCT, ITEMS, ROUNDS, survey

SECONDS, KILOBYTES = 60, 4_000_000


def write_instrument(folder: Path) -> Path:
    lines = ['code = "bench"', 'titles = { en = "Bench" }', "[scales.agreement]", "low = 1", "high = 5"]
    for construct in sorted(set(CONSTRUCT.tolist())):
        lines += ["[[constructs]]", f'code = "C{construct}"', f'titles = {{ en = "C{construct}" }}']
    for item in range(ITEMS):
        lines += ["[[items]]", f'code = "q{item}"', f'construct = "C{CONSTRUCT[item]}"', 'texts = { en = "." }']
    path = folder / "bench.toml"
    path.write_text("\n".join(lines))
    return path


def write_answers(folder: Path, n: int) -> Path:
    data, path, words = survey(n), folder / f"answers-{n}.csv", ("", "1", "2", "3", "4", "5")
    people = zip(data.cell.tolist(), data.organization.tolist(), data.answers.tolist(), strict=True)
    with path.open("w") as file:
        file.write("partnership,organization,round,respondent," + ",".join(f"q{item}" for item in range(ITEMS)) + "\n")
        for row, (cell, organization, answers) in enumerate(people):
            scores = ",".join([words[answer] for answer in answers])
            file.write(f"p{cell // ROUNDS:03d},o{organization:04d},{cell % ROUNDS + 1},r{row},{scores}\n")
    return path


def analysed(answers: Path, instrument: Path, out: Path) -> float:
    """Seconds of computing: other work on the machine does not count."""
    before = os.times()
    command = [sys.executable, "-m", "server.cli", "analyse", str(answers), "--instrument", str(instrument)]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def test_twenty_thousand_rows(tmp_path: Path) -> None:
    """The short version: every file is written, at a rate that a million rows can live with."""
    taken = analysed(write_answers(tmp_path, 20_000), write_instrument(tmp_path), tmp_path / "out")
    assert taken < SECONDS / 2
    assert (tmp_path / "out/indices.csv").read_text().count("\n") == 1 + (200 + 1) * 12 * 6


@pytest.mark.slow
def test_a_million_rows(tmp_path: Path) -> None:
    taken = analysed(write_answers(tmp_path, 1_000_000), write_instrument(tmp_path), tmp_path / "out")
    assert taken < SECONDS
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < KILOBYTES
