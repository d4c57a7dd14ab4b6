import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.multiplicity import benjamini_hochberg, benjamini_yekutieli, bonferroni, holm

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_textbook_steps():
    p = np.array([0.01, 0.04, 0.03])
    np.testing.assert_allclose(holm(p), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.03, 0.04, 0.04])
    np.testing.assert_allclose(bonferroni(p), [0.03, 0.12, 0.09])
    np.testing.assert_allclose(benjamini_yekutieli(p), np.array([0.03, 0.04, 0.04]) * 11 / 6)


def test_missing_p_do_not_count():
    found = holm(np.array([0.02, np.nan, 0.03]))
    np.testing.assert_allclose(found, [0.04, np.nan, 0.04])
    assert np.isnan(holm(np.array([np.nan]))).all()


@settings(max_examples=40, deadline=None)
@given(p_values)
def test_order_and_bounds(p):
    raw = np.array(p)
    assert np.all(raw <= benjamini_hochberg(raw) + 1e-15)
    assert np.all(benjamini_hochberg(raw) <= holm(raw) + 1e-15)
    assert np.all(holm(raw) <= bonferroni(raw) + 1e-15)
    for adjust in (holm, bonferroni, benjamini_hochberg, benjamini_yekutieli):
        np.testing.assert_allclose(adjust(raw[::-1])[::-1], adjust(raw))


def test_a_p_is_a_probability():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm(np.array([0.2, 1.2]))
