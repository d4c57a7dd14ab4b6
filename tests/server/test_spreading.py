"""An analysis spread over workers writes the same bytes as one process alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from server.local import Wanted, analyse, read
from server.local_scores import score
from server.spreading import Alone, joined, parts_of, spread_over
from surveys.problems import InvalidInput
from tests.server.test_local import three
from tests.server.test_local_scores import random_file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spread")
    three(folder)
    return random_file(folder, (1, 4, 9, 5))


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def analysed(file: Path, out: Path, **given: object) -> dict[str, bytes]:
    analyse(Wanted(file, instrument=str(file.parent / "three.toml"), **given), out)
    return results(out)


@pytest.fixture(scope="module")
def alone(file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return analysed(file, tmp_path_factory.mktemp("alone"), robustness=True)


def test_it_works(file, alone, tmp_path):
    assert alone["indices.csv"].count(b"\n") > 20
    assert analysed(file, tmp_path / "out", robustness=True, workers=2) == alone


def test_joined_scores_are_those_of_the_whole(file):
    given = read(Wanted(file, instrument=str(file.parent / "three.toml")))
    whole = score(given.answers)

    class Five(Alone):
        workers = 5

    parts = joined([score(part.answers) for part, names in parts_of(given, Five()) if names])
    for name, held in vars(whole).items():
        if isinstance(held, np.ndarray):
            np.testing.assert_array_equal(getattr(parts, name), held)


def test_more_workers_than_partnerships(file, alone, tmp_path):
    assert analysed(file, tmp_path / "out", robustness=True, workers=3) == alone


def test_without_dask_it_is_said(file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInput, match=r"rapport\[cluster\].*nothing was read"):
        analyse(Wanted(file, scheduler="tcp://127.0.0.1:8786"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_workers_of_a_cluster(file, alone, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert analysed(file, tmp_path / "out", robustness=True, scheduler=cluster.scheduler_address) == alone


def test_no_scheduler_there(monkeypatch):
    monkeypatch.setattr("server.spreading.PATIENCE", 1)
    with pytest.raises(InvalidInput), spread_over(scheduler="tcp://127.0.0.1:1"):
        pass
