import numpy as np
import pytest

from analysis.breaks import comparability_breaks


def found(**changes):
    entries = {
        "versions": ["1"] * 4,
        "scales": ["0-10"] * 4,
        "language_shares": np.tile([0.6, 0.4], (4, 1)),
        "overlap": np.ones(4),
    } | changes
    return comparability_breaks(**entries)


def test_an_unchanged_series_is_one_segment():
    assert found().segments.tolist() == [0, 0, 0, 0]
    assert not any(found().why)


def test_a_changed_word_or_scale_breaks():
    assert found(versions=["1", "1", "2", "2"]).segments.tolist() == [0, 0, 1, 1]
    both = found(versions=["1", "2", "2", "2"], scales=["0-10", "0-10", "0-10", "1-5"])
    assert both.segments.tolist() == [0, 1, 1, 2]
    assert both.why[3] == ("scale",)


@pytest.mark.parametrize(("share", "breaks"), [(0.8, False), (0.81, True), (0.39, True), (np.nan, False)])
def test_languages_break_beyond_twenty_points(share, breaks):
    shares = np.tile([0.6, 0.4], (4, 1))
    shares[1:, 0] = share
    assert (found(language_shares=shares).why[1] == ("language",)) == breaks


@pytest.mark.parametrize(("overlap", "breaks", "marks"), [(1.0, False, False), (0.8, False, True), (0.79, True, False)])
def test_members_may_change_a_little(overlap, breaks, marks):
    result = found(overlap=np.array([np.nan, 1, overlap, 1]))
    assert bool(result.why[2]) == breaks
    assert bool(result.markers[2]) == marks


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="each round"):
        found(overlap=np.ones(3))
    empty = comparability_breaks([], [], np.zeros((0, 2)), np.zeros(0))
    assert empty.segments.size == 0
