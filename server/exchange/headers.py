"""Whether a file speaks of what is known: its columns, and its partnerships."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

import numpy as np

from analysis.estimates import IntArray
from server.exchange.faults import quoted
from server.exchange.sheet import IGNORED, Sheet

ALL = "(all)"  # the name of all partnerships together in whatever is written


def check_header(
    sheet: Sheet, required: Sequence[str], optional: Sequence[str], items: Sequence[str], instrument: str
) -> None:
    """Raise InvalidInput for missing and for unknown columns: a misspelt item must not vanish silently."""
    faults, there = sheet.faults, set(sheet.header)
    if missing := [name for name in required if name not in there]:
        one = len(missing) == 1
        found = ", ".join(quoted(name) for name in sheet.header[:8])
        faults.add(
            1,
            "",
            f"the column{'' if one else 's'} {', '.join(missing)} {'is' if one else 'are'} missing; the header must "
            f"hold {', '.join(required)} and then items of {instrument}, and it holds {found}",
        )
        faults.refuse()
    known = [*required, *optional, *items]
    for place, name in enumerate(sheet.header):
        if name in known or name == IGNORED:
            continue
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.add(1, name, f"{instrument} has no item {quoted(name)}{hint}", place=place)
    if not faults.total and not there.intersection(items):
        faults.add(1, "", f"there is no column with an item of {instrument}")
    faults.refuse()


def refuse_unknown(
    names: Sequence[str], known: Collection[str] | None, codes: IntArray, lines: IntArray, sheet: Sheet
) -> None:
    """A partnership that nobody knows is more likely misspelt than new. codes, lines: (n,), by row."""
    for code, name in enumerate(names):
        if name == ALL:
            sentence = f"{quoted(ALL)} stands for all partnerships together and cannot be one of them"
        elif known is None or name in known:
            continue
        else:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {quoted(near[0])}?" if near else ""
            sentence = f"there is no partnership {quoted(name)}{hint}"
        rows = np.flatnonzero(codes == code)
        place = sheet.header.index("partnership")
        sheet.faults.add(int(lines[rows[0]]), "partnership", sentence, place=place, times=rows.size)
