"""Starting over never takes the data from a demonstration that runs."""

from __future__ import annotations

import pytest

from server.demonstration.alone import DemonstrationRuns, claim, share


def test_starting_over_waits_for_the_one_that_runs(tmp_path):
    running = claim(tmp_path, alone=False)
    with pytest.raises(DemonstrationRuns, match="Stop it there first"):
        claim(tmp_path, alone=True)
    running.close()
    claim(tmp_path, alone=True).close()


def test_loading_is_not_disturbed(tmp_path):
    loading = claim(tmp_path, alone=True)
    with pytest.raises(DemonstrationRuns):
        claim(tmp_path, alone=True)
    share(loading)
    claim(tmp_path, alone=False).close()
    loading.close()
