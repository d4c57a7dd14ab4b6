"""Frequency tables: what is hidden, what hides it, what an attacker can still work out."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.suppression import (
    Dimension,
    audit_bounds,
    complementary_cells,
    frequency_table,
    primary_cells,
    recovered_mean,
    suppressions_beside_total,
    unprotected,
)


def flat(letters):
    return Dimension.from_levels([1] + [2] * len(letters), ["Total", *letters])


def table_of(counts):
    """A table from a (rows, columns) array of counts."""
    rows = [(f"r{i}", f"c{j}") for (i, j), n in np.ndenumerate(counts) for _ in range(n)]
    return frequency_table(rows, [flat([f"r{i}" for i in range(len(counts))]), flat(["c0", "c1"])])


def test_margins_and_nodes_add_up():
    places = Dimension.from_levels([1, 2, 3, 3, 2], ["Total", "north", "a", "b", "south"])
    table = frequency_table([("a",), ("a",), ("b",), ("south",), (None,)], [places])
    assert dict(zip(table.keys, table.freq.tolist(), strict=True)) == {
        "Total": 4,
        "north": 3,
        "a": 2,
        "b": 1,
        "south": 1,
    }
    assert not (table.relations @ table.freq).any()


def test_a_hierarchy_has_one_root():
    with pytest.raises(ValueError, match="root"):
        Dimension.from_levels([1, 1], ["a", "b"])


def test_an_unknown_name_is_a_mistake():
    with pytest.raises(ValueError, match="not in"):
        frequency_table([("z",)], [flat(["a"])])


def test_zeros_are_sensitive_only_when_asked():
    freq = np.array([0, 1, 4, 5])
    assert primary_cells(freq, 5).tolist() == [1, 2]
    assert primary_cells(freq, 5, zeros_are_sensitive=True).tolist() == [0, 1, 2]


def test_one_hidden_cell_is_the_total_minus_the_rest():
    table = frequency_table([("a",)] * 3 + [("b",)] * 12 + [("c",)] * 8, [flat(["a", "b", "c"])])
    alone = audit_bounds(table, np.array([1]))
    assert (alone.lower[0], alone.upper[0]) == (3.0, 3.0)
    assert alone.exactly_recoverable.tolist() == [True]
    pattern = complementary_cells(table, primary_cells(table.freq, 5))
    assert [table.keys[cell] for cell in pattern.secondary] == ["c"]
    assert pattern.cost == 8.0
    assert pattern.protects


def test_two_hidden_cells_protect_each_other():
    table = frequency_table([("a",)] * 2 + [("b",)] * 3 + [("c",)] * 9, [flat(["a", "b", "c"])])
    pattern = complementary_cells(table, primary_cells(table.freq, 5))
    assert pattern.secondary.size == 0
    assert pattern.cost == 0.0
    bounds = audit_bounds(table, np.array([1, 2]))
    np.testing.assert_allclose(bounds.lower, [0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(bounds.upper, [5.0, 5.0], atol=1e-9)


def test_the_total_itself_may_have_to_go():
    table = frequency_table([("a",)] * 3, [flat(["a"])])
    pattern = complementary_cells(table, np.array([1]), width=5.0)
    assert pattern.protects
    assert pattern.secondary.tolist() == [0]
    empty = frequency_table([("a",)] * 3 + [("b",)] * 9, [flat(["a", "b", "z"])])
    zero_and_small = primary_cells(empty.freq, 5, zeros_are_sensitive=True)
    assert safe(empty, zero_and_small, complementary_cells(empty, zero_and_small).secondary)


def safe(table, primary, secondary):
    return len(unprotected(table, primary, np.array(secondary, dtype=np.int64))) == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=3))
def test_the_pattern_is_safe_and_the_cheapest(counts):
    table = table_of(np.array(counts))
    primary = primary_cells(table.freq, 4)
    pattern = complementary_cells(table, primary)
    free = [cell for cell in np.flatnonzero(table.freq > 0) if cell not in primary]
    safe_costs = [
        table.freq[list(chosen)].sum()
        for size in range(len(free) + 1)
        for chosen in combinations(free, size)
        if table.freq[list(chosen)].sum() <= (pattern.cost if pattern.protects else np.inf)
        and safe(table, primary, chosen)
    ]
    if not pattern.protects:
        assert not safe_costs
    else:
        assert safe(table, primary, pattern.secondary)
        assert pattern.cost == min(safe_costs)


def test_three_ways_are_protected_where_a_peer_leaks():
    rng = np.random.default_rng(4)
    dimensions = [flat(["a", "b", "c"]), flat(["k", "l"]), flat(["x", "y"])]
    rows = [tuple(rng.choice(dimension.names[1:]) for dimension in dimensions) for _ in range(60)]
    table = frequency_table(rows, dimensions)
    primary = primary_cells(table.freq, 5)
    assert len(primary) > 0
    pattern = complementary_cells(table, primary)
    assert safe(table, primary, pattern.secondary)


def test_a_lone_hidden_mean_follows_from_any_total():
    sizes, means = np.array([3.0, 14.0, 9.0]), np.array([40.0, 63.0, 58.0])
    hidden = np.array([np.nan, 63.0, 58.0])
    assert recovered_mean(np.average(means, weights=sizes), sizes, hidden) == pytest.approx(40.0, abs=1e-9)
    assert recovered_mean(means.mean(), np.ones(3), hidden) == pytest.approx(40.0, abs=1e-9)
    assert np.isnan(recovered_mean(means.mean(), np.ones(3), np.array([np.nan, np.nan, 58.0])))
    assert suppressions_beside_total(sizes, 5) == 1
    assert suppressions_beside_total(np.array([3, 4, 9]), 5) == 0
