"""Sections of a charter and registers, described as data: fields with types, the passage they serve, their measures.

One description serves the page that shows an entry, the form that takes it and the check that every door passes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal
from uuid import UUID

from pydantic import Field as Given

from surveys.instruments import Choice, Frozen, Texts
from surveys.problems import InvalidEntry

Kind = Literal[
    "line", "text", "choice", "several", "day", "count", "amount", "yes_no", "partner", "partners", "lesson", "other"
]
LONGEST = {"line": 200, "text": 4_000}
MOST = 10**15  # no count or amount of a partnership is larger
DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")


class Field(Frozen):
    """One thing to be said; `side` asks for partners of one side only."""

    code: str
    kind: Kind
    label: Texts
    required: bool = False
    choices: tuple[Choice, ...] = ()
    side: Literal["", "national", "external"] = ""


class Description(Frozen):
    """What a section or a register holds, the row of the founding text it serves, and the items that measure it."""

    code: str
    row: str
    title: Texts
    about: Texts = Given(default_factory=dict)
    rule: Texts = Given(default_factory=dict)  # what the founding text demands of every entry
    is_list: bool = True
    items: tuple[str, ...] = ()
    matrix: tuple[str, str, str] | None = None  # fields in rows, in columns, and in the cells of a table
    fields: tuple[Field, ...]

    def field(self, code: str) -> Field:
        return next(one for one in self.fields if one.code == code)


class Known(Frozen):
    """What an entry may refer to: partners with their side, lessons and other partnerships by id."""

    partners: dict[str, bool] = Given(default_factory=dict)  # id -> whether national
    lessons: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


@cache
def read_catalog(name: str) -> dict[str, Description]:
    """The descriptions of one file of the catalog, by code, in its order."""
    text = (resources.files("surveys.catalog") / f"{name}.toml").read_text(encoding="utf-8")
    found = [Description.model_validate(one) for one in tomllib.loads(text)["descriptions"]]
    return {one.code: one for one in found}


def check_entry(description: Description, given: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The entry as it is stored. Raises InvalidEntry, which names every field that cannot be, and why."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in description.fields:
        raw = given.get(field.code)
        raw = raw.strip() if isinstance(raw, str) else raw
        if raw is None or raw in ("", []):
            if field.required:
                faults[field.code] = "empty"
            continue
        try:
            values[field.code] = READERS[field.kind](field, raw, known)
        except (ValueError, TypeError, OverflowError) as why:
            faults[field.code] = str(why) if str(why) in FAULTS else "unreadable"
    unknown = sorted(set(given) - {field.code for field in description.fields})
    faults |= dict.fromkeys(unknown, "unknown")
    if faults:
        named = ", ".join(f"{code} ({why})" for code, why in faults.items())
        raise InvalidEntry(f"{description.title['en']}: please look at {named}; nothing was saved", faults=faults)
    return values


FAULTS = ("empty", "too_long", "not_a_day", "not_a_number", "not_a_choice", "not_a_partner", "wrong_side", "unreadable")


def _read_text(field: Field, raw: Any, _known: Known) -> str:
    if not isinstance(raw, str):
        raise ValueError("unreadable")
    if len(raw) > LONGEST[field.kind]:
        raise ValueError("too_long")
    allowed = "\n\r\t\u200b\u200c\u200d" if field.kind == "text" else "\u200b\u200c\u200d"
    if not all(sign.isprintable() or sign in allowed for sign in raw):
        raise ValueError("unreadable")
    return raw.replace("\r\n", "\n")


def _read_choice(field: Field, raw: Any, _known: Known) -> str:
    if raw not in {one.code for one in field.choices}:
        raise ValueError("not_a_choice")
    return str(raw)


def _read_several(field: Field, raw: Any, known: Known) -> list[str]:
    chosen = {_read_choice(field, one, known) for one in _listed(raw)}
    return [one.code for one in field.choices if one.code in chosen]


def _read_day(_field: Field, raw: Any, _known: Known) -> str:
    try:
        day = raw if isinstance(raw, date) else date.fromisoformat(str(raw).translate(DIGITS))
    except ValueError:
        raise ValueError("not_a_day") from None
    if not 1990 <= day.year < 2200:
        raise ValueError("not_a_day")
    return day.isoformat()


def _read_number(field: Field, raw: Any, _known: Known) -> int | float:
    try:
        number = float(str(raw).translate(DIGITS).replace("\u202f", "").replace("\u00a0", "").replace(" ", ""))
    except ValueError:
        raise ValueError("not_a_number") from None
    if not math.isfinite(number) or not 0 <= number <= MOST or (field.kind == "count" and number != int(number)):
        raise ValueError("not_a_number")
    return int(number) if number == int(number) else number


def _read_yes_no(_field: Field, raw: Any, _known: Known) -> bool:
    if raw in (True, False):
        return bool(raw)
    if raw not in ("yes", "no"):
        raise ValueError("not_a_choice")
    return bool(raw == "yes")


def _read_partner(field: Field, raw: Any, known: Known) -> str:
    id_ = str(UUID(str(raw)))
    if id_ not in known.partners:
        raise ValueError("not_a_partner")
    if field.side and known.partners[id_] != (field.side == "national"):
        raise ValueError("wrong_side")
    return id_


def _read_partners(field: Field, raw: Any, known: Known) -> list[str]:
    chosen = {_read_partner(field, one, known) for one in _listed(raw)}
    return [one for one in known.partners if one in chosen]


def _read_lesson(_field: Field, raw: Any, known: Known) -> str:
    if str(raw) not in known.lessons:
        raise ValueError("not_a_choice")
    return str(raw)


def _read_other(_field: Field, raw: Any, known: Known) -> str:
    if str(raw) not in known.others:
        raise ValueError("not_a_choice")
    return str(raw)


def _listed(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else [raw]


READERS: Mapping[str, Callable[[Field, Any, Known], Any]] = {
    "line": _read_text,
    "text": _read_text,
    "choice": _read_choice,
    "several": _read_several,
    "day": _read_day,
    "count": _read_number,
    "amount": _read_number,
    "yes_no": _read_yes_no,
    "partner": _read_partner,
    "partners": _read_partners,
    "lesson": _read_lesson,
    "other": _read_other,
}
