"""Whether the columns of a file are those that are needed."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from server.exchange.faults import quoted
from server.exchange.sheet import IGNORED, Sheet


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
