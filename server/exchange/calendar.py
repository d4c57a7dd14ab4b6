"""When rounds closed: stated in the file, or taken one rhythm apart."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from surveys.problems import InvalidInput

RHYTHM = 6  # months between rounds where nothing else is known
FIRST = date(2000, 6, 30)  # stands for the close of the first round where no day is known at all


@dataclass(frozen=True, slots=True)
class Calendar:
    """How to date rounds without a day: `rhythm` months apart, the first on `first`."""

    rhythm: int = RHYTHM
    first: date = FIRST

    def days(self, numbers: Iterable[int], stated: Mapping[int, date]) -> dict[int, date]:
        """A day for each round of one partnership. Undated rounds are counted from the nearest dated one.

        Raises InvalidInput when a later round closed before an earlier one.
        """
        ordered = sorted(set(numbers))
        anchors = stated or {ordered[0]: self.first}
        found = {}
        for number in ordered:
            near = min(anchors, key=lambda known: (abs(known - number), known))
            found[number] = stated.get(number) or months_later(anchors[near], (number - near) * self.rhythm)
        for before, after in pairwise(ordered):
            if found[after] <= found[before]:
                raise InvalidInput(
                    f"round {after} closed on {found[after]}, not after round {before} on {found[before]}",
                    rounds=(before, after),
                )
        return found


def months_later(day: date, months: int) -> date:
    """The same day of another month, or its last one; the last day of a month stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))
