"""Whatever happens to a file on its way: it is read whole, or refused with a sentence; nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.exchange.csv_in import read_answers
from server.exchange.dyads_in import read_dyads
from server.local_scores import score
from surveys.problems import InvalidInput
from tests.server.exchange.samples import HEADER, TINY

ANSWERS = (HEADER + ",closed_on,side\n").encode() + b"".join(
    f'p{p},"o, {o}",{r},x{p}{o},{o},,{r}.5,202{r}-06-30,national\n'.encode()
    for p in (1, 2)
    for o in (1, 2)
    for r in (1, 2)
)
DYADS = b"partnership,round,rater,rated,D1\n" + b"".join(f"p1,{r},a,b,{r}\np1,{r},b,a,9\n".encode() for r in (1, 2))
PIECES = [
    b'"',
    b",",
    b";",
    b"\n",
    b"\r",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\t",
    b"-",
    b"1e9",
    b"NaN",
    b"'",
    b"=",
    b" ",
]


def damaged(whole: bytes, rng: np.random.Generator) -> bytes:
    """One to three cuts, doublings or foreign signs."""
    made = whole
    for _ in range(int(rng.integers(1, 4))):
        first, last = sorted(rng.integers(0, len(made) + 1, 2).tolist())
        last = min(last, first + 30)
        middle = (b"", made[first:last] * 2, PIECES[int(rng.integers(len(PIECES)))])[int(rng.integers(3))]
        made = made[:first] + middle + made[last:]
    return made


def is_a_sentence(message: str, name: str) -> bool:
    """Raised as such, so that the one who reads the failure sees the message."""
    lines = message.splitlines()
    if not lines[0].startswith(name) or "nothing was read" not in lines[0]:
        raise AssertionError(message)
    if not all(line.isprintable() for line in lines) or not all(line.startswith("  ") for line in lines[1:]):
        raise AssertionError(message)
    return True


@pytest.mark.parametrize("seed", range(4))
def test_answers_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    rng, path, refused = np.random.default_rng(seed), tmp_path / "answers.csv", 0
    for _ in range(150):
        path.write_bytes(damaged(ANSWERS, rng))
        try:
            table = read_answers(path, TINY)
            assert np.nanmax(score(table).scores, initial=0) <= 100
        except InvalidInput as problem:
            refused += is_a_sentence(problem.message, "answers.csv")
    assert refused > 50


def test_ratings_are_read_or_refused(tmp_path: Path) -> None:
    rng, path, refused = np.random.default_rng(9), tmp_path / "dyads.csv", 0
    for _ in range(150):
        path.write_bytes(damaged(DYADS, rng))
        try:
            table = read_dyads(path, TINY)
            assert np.isnan(table.ratings).all() or (np.nanmin(table.ratings) >= 0 and np.nanmax(table.ratings) <= 10)
        except InvalidInput as problem:
            refused += is_a_sentence(problem.message, "dyads.csv")
    assert refused > 50
