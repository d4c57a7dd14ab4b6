"""The scores of thousands of rounds at once are those of one round at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.disclosure import cell_refusal
from analysis.intervals import partnership_level
from server.exchange.csv_in import AnswerTable, read_answers
from server.exchange.histories import Histories
from server.local_indices import index_rows
from server.local_rows import ALL
from server.local_scores import score
from surveys.instruments import Construct, Headline, Instrument, Item, Scale
from tests.server.exchange.samples import written

THREE = Instrument(
    code="three",
    titles={"en": "Three"},
    scales={"agreement": Scale(low=0, high=10)},
    constructs=tuple(Construct(code=code, titles={"en": code}) for code in "ABC"),
    headlines=(Headline(code="ab", titles={"en": "AB"}, constructs=("A", "B")),),
    items=tuple(
        Item(code=f"{code}{at}", construct=code, texts={"en": "."}, reverse=at == 3)
        for code, n in (("A", 3), ("B", 4), ("C", 1))
        for at in range(1, n + 1)
    ),
    composite=("A", "B", "C"),
)


def random_file(folder: Path, sizes: tuple[int, ...] = (1, 4, 9), seed: int = 5) -> Path:
    """Partnerships of some organizations each, three rounds, gaps, refusals, and construct C asked only twice."""
    rng = np.random.default_rng(seed)
    codes = [item.code for item in THREE.items]
    rows = ["partnership,organization,round,respondent,side," + ",".join(codes)]
    for partnership, n in ((f"p{at}", size) for at, size in enumerate(sizes, start=1)):
        for organization in range(n):
            for person in range(int(rng.integers(1, 6))):
                for number in (1, 2, 3):
                    cells = rng.choice([*map(str, range(11)), "", "cj", "pn"], size=len(codes)).tolist()
                    cells[-1] = "" if number == 2 else cells[-1]
                    side = "national" if organization % 2 else "external"
                    name = f"{partnership}-o{organization}"
                    rows.append(f"{partnership},{name},{number},{name}-{person},{side}," + ",".join(cells))
    return written(folder, *rows)


@pytest.fixture
def table(tmp_path: Path) -> AnswerTable:
    return read_answers(random_file(tmp_path), THREE)


def test_levels_of_every_round(table: AnswerTable) -> None:
    scored, histories, cell, compared = score(table), Histories(THREE, table), 0, 0
    levels = scored.levels
    for name in histories.partnerships:
        for one in histories.rounds(name):
            assert (table.partnerships[scored.cell_partnership[cell]], scored.cell_round[cell]) == (name, one.number)
            for column, target in enumerate(scored.targets):
                if target not in one.scores:
                    assert levels.organizations[cell, column] == 0
                    continue
                compared += 1
                expected = partnership_level(one.scores[target], one.organization, one.counts, question="infinite")
                found = [float(values[cell, column]) for values in (levels.value, levels.low, levels.high)]
                np.testing.assert_allclose(found, [expected.value, expected.low, expected.high], rtol=1e-12)
                counts = one.organization_scores[target][1]
                refusal = "no_data" if not counts.any() else cell_refusal(counts) or ""
                assert levels.refusal[cell, column] == refusal
                assert levels.people[cell, column] == counts.sum()
            cell += 1
    assert (cell, compared) == (9, 9 * 5 - 3)
    assert scored.targets == ("headline:ab", "construct:A", "construct:B", "construct:C", "composite")


def test_sides_apart(table: AnswerTable) -> None:
    scored = score(table)
    rows = [row for row in index_rows(Histories(THREE, table), scored) if row.cell.population == "external"]
    one = next(r for r in Histories(THREE, table).rounds("p3") if r.number == 1)
    outside = one.sides[one.organization] == 1
    expected = partnership_level(
        np.where(outside, one.scores["construct:A"], np.nan), one.organization, one.counts, question="infinite"
    )
    found = next(r.cell for r in rows if (r.partnership, r.round_number, r.cell.target) == ("p3", 1, "construct:A"))
    assert found.value == pytest.approx(expected.value)
    assert found.low == pytest.approx(expected.low)


def test_all_people_count_once_each(table: AnswerTable) -> None:
    scored = score(table)
    rows = {
        (r.round_number, r.cell.target): r.cell
        for r in index_rows(Histories(THREE, table), scored)
        if r.partnership == ALL
    }
    for number in (1, 2, 3):
        known = scored.scores[table.round == number, 1]
        assert rows[number, "construct:A"].value == pytest.approx(float(np.nanmean(known)))
        assert rows[number, "construct:A"].n == int(np.isfinite(known).sum())
    assert rows[2, "construct:C"].reason == "too_few"


def test_small_groups_are_hidden(table: AnswerTable) -> None:
    rows = [r for r in index_rows(Histories(THREE, table), score(table)) if r.partnership == "p1"]
    assert rows
    for row in rows:
        assert row.cell.reason in ("too_few", "no_data")
        assert (row.cell.value, row.cell.low, row.cell.high, row.cell.n) == (None, None, None, None)
