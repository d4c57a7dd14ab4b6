"""Compare `analysis` with reference cases: `python -m tests.reference.run DIR`, for any folder of that format.

One line per case and a total. Exit status 1 on a difference, an unknown method, or a case that could not be run.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.reference.cases import Case, Comparison, Difference, Method

SHOWN = 8  # differences printed per case
AREAS = "abcdefgh"


@dataclass(frozen=True)
class Outcome:
    case: str
    verdict: str  # ok, differs, unknown method, failed, UNSUPPORTED
    compared: int = 0
    differences: tuple[Difference, ...] = ()
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.verdict in ("ok", "UNSUPPORTED")

    def lines(self) -> list[str]:
        counted = f"{self.compared} values" if self.verdict in ("ok", "differs") else self.note
        shown = [f"    {d.path}: computed {d.computed!r}, expected {d.expected!r}" for d in self.differences[:SHOWN]]
        rest = len(self.differences) - SHOWN
        return [f"{self.verdict:<14} {self.case}  {counted}", *shown, *([f"    and {rest} more"] if rest > 0 else [])]


@cache
def methods() -> dict[str, Method]:
    """Every method of the areas that are there."""
    known: dict[str, Method] = {}
    for letter in AREAS:
        name = f"tests.reference.area_{letter}"
        try:
            known |= importlib.import_module(name).METHODS
        except ModuleNotFoundError as missing:
            if missing.name != name:
                raise
    return known


def run_case(path: Path) -> Outcome:
    """Read, compute, compare; a failure of any of them is an outcome too, so that the other cases still run."""
    try:
        case = Case.read(path)
        method = methods().get(case.method)
        if method is None:
            return Outcome(path.stem, "unknown method", note=case.method)
        if method.unsupported is not None:
            return Outcome(path.stem, "UNSUPPORTED", note=method.unsupported)
        comparison = Comparison(case, method.tolerance)
        comparison.walk(method.compute(case), case.expected)
    except Exception:
        return Outcome(path.stem, "failed", note=traceback.format_exc().rstrip())
    verdict = "differs" if comparison.differences or not comparison.compared else "ok"
    return Outcome(path.stem, verdict, comparison.compared, tuple(comparison.differences))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m tests.reference.run DIR")
        return 2
    folder = Path(arguments[0])
    described = sorted(folder.glob("*.json"))
    alone = sorted({data.stem for data in folder.glob("*.csv")} - {path.stem for path in described})
    outcomes = [Outcome(name, "failed", note="a table without its description") for name in alone]
    for outcome in outcomes:
        print("\n".join(outcome.lines()))
    for path in described:
        outcomes.append(run_case(path))
        print("\n".join(outcomes[-1].lines()), flush=True)
    passed = sum(outcome.verdict == "ok" for outcome in outcomes)
    unsupported = sum(outcome.verdict == "UNSUPPORTED" for outcome in outcomes)
    print(
        f"{len(outcomes)} cases: {passed} agree, {unsupported} unsupported, {len(outcomes) - passed - unsupported} fail"
    )
    return 0 if outcomes and all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
