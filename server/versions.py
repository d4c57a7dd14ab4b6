"""Two versions of a questionnaire beside each other: what stays comparable, what cannot, and what somebody decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from server.measurement import wordings_of
from surveys.instruments import Instrument, Item

Kind = Literal["same", "reworded", "new", "moved", "rescaled", "retired"]
DECIDED: tuple[Kind, ...] = ("same", "reworded")  # whether answers may be compared is for people to say


@dataclass(frozen=True, slots=True)
class Change:
    """One statement in the version before and in this one."""

    code: str
    kind: Kind
    before: Item | None
    now: Item | None


def changes(earlier: Instrument, instrument: Instrument) -> tuple[Change, ...]:
    """Every statement of either version, in the order of asking; those no longer asked at the end."""
    before = {item.code: item for item in earlier.items}
    now = {item.code: item for item in instrument.items}
    kept = [Change(code, _kind(earlier, instrument, code), before.get(code), item) for code, item in now.items()]
    return (*kept, *(Change(code, "retired", item, None) for code, item in before.items() if code not in now))


def _kind(earlier: Instrument, instrument: Instrument, code: str) -> Kind:
    old = next((item for item in earlier.items if item.code == code), None)
    new = next(item for item in instrument.items if item.code == code)
    if old is None:
        return "new"
    if old.construct_code != new.construct_code:
        return "moved"
    ends, others = earlier.scale_of(old), instrument.scale_of(new)
    if (ends.low, ends.high, old.reverse) != (others.low, others.high, new.reverse):
        return "rescaled"
    return "same" if old.texts == new.texts else "reworded"


def decided(earlier: Instrument, instrument: Instrument, comparable: Mapping[str, bool]) -> Instrument:
    """The instrument with the names under which its answers continue a series or begin a new one.

    comparable: code -> whether answers may be compared, for every change that is decided. KeyError where one lacks.
    """
    names = wordings_of(earlier)
    found = {change.code: change for change in changes(earlier, instrument)}
    items = tuple(_named(found[item.code], item, instrument, names, comparable) for item in instrument.items)
    # where a statement left a topic, by any way, the mean of that topic is another one from here on
    left = {
        change.code: change.before.construct_code
        for change in found.values()
        if change.before is not None and change.kind in ("retired", "moved")
    }
    return instrument.model_copy(update={"items": items, "retired": {**earlier.retired, **left}})


def _named(
    change: Change, item: Item, instrument: Instrument, names: Mapping[str, str], comparable: Mapping[str, bool]
) -> Item:
    own = wordings_of(instrument.model_copy(update={"items": (item.model_copy(update={"series": ""}),)}))[item.code]
    goes_on = comparable[change.code] if change.kind in DECIDED else False
    if goes_on:
        return item.model_copy(update={"series": "" if names[change.code] == own else names[change.code]})
    begins_anew = names.get(change.code) == own or change.kind == "moved"
    series = f"{item.code} {instrument.code} {instrument.version}" if begins_anew else ""
    return item.model_copy(update={"series": series})
