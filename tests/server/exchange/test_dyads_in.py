from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.exchange.dyads_in import read_dyads
from surveys.problems import InvalidInput
from tests.sample_releases import INSTRUMENT
from tests.server.exchange.samples import TINY, written

HEADER = "partnership,round,rater,rated,D1"


def fault_of(path: Path, **given: object) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_dyads(path, TINY, **given)  # type: ignore[arg-type]  # Type ignore: sample values by name
    return caught.value.message


def test_it_works(tmp_path: Path) -> None:
    table = read_dyads(written(tmp_path, HEADER, "w,1,Ministry,Fund,8", "w,1,Fund,Ministry,cannot_judge"), TINY)
    assert table.organizations == ("Fund", "Ministry")
    np.testing.assert_array_equal(table.rater, [0, 1])
    np.testing.assert_array_equal(table.ratings, [[np.nan], [8]])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["w,1,M,M,8"], "line 2, column rated: “M” rates itself"),
        (["w,1,M,F,8", "w,1,M,F,7"], "line 3, column rater: “M” has rated “F” in round 1 in line 2 already"),
        (["w,1,M,F,11"], "line 2, column D1: 11 is outside the scale 0 to 10"),
        (["w,1,,F,8"], "line 2, column rater: the cell is empty"),
        ([], "line 2: the file holds no ratings"),
    ],
)
def test_faults_say_what_and_where(tmp_path: Path, rows: list[str], sentence: str) -> None:
    said = fault_of(written(tmp_path, HEADER, *rows))
    assert said.startswith(f"answers.csv, {sentence}")
    assert said.endswith("; nothing was read")


def test_a_partnership_without_answers(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, "water,1,M,F,8", "watter,1,M,F,8")
    said = fault_of(path, partnerships=("water",))
    assert said == (
        "answers.csv, line 3, column partnership: there is no partnership “watter”; did you mean “water”?; "
        "nothing was read"
    )


def test_contact_is_one_of_the_choices(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ",D0", "w,1,M,F,8,often")
    assert "line 2, column D0: “often” is none of the choices" in fault_of(path)


def test_an_instrument_without_dyads(tmp_path: Path) -> None:
    without = INSTRUMENT.model_copy(update={"dyadic": None})
    with pytest.raises(InvalidInput, match="sample does not ask about other partners"):
        read_dyads(written(tmp_path, HEADER, "w,1,M,F,8"), without)
