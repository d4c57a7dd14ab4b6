"""A mapping that says more than names: how another tool's export becomes answers that Rapport can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from surveys.problems import InvalidInput

LEFT_OUT = "-"
TABLES = ("columns", "constants", "values", "skip", "choose", "separators", "kinds", "round")
SETTINGS = ("tool", "sheet")


@dataclass(frozen=True, slots=True)
class Period:
    """The days within which answers belong to one round."""

    number: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Rounds:
    """Which round a row belongs to: by a column with a time, and the days of each round."""

    column: str
    format: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """What a tool writes without being asked."""

    values: Mapping[str, str]  # what stands for no answer
    skipped: Mapping[str, tuple[str, ...]]  # rows that are no answers: column -> cells
    grouped: str = ""  # parts groups from questions in the names of columns


TOOLS: Mapping[str, Tool] = {
    # shown to nobody; rows of people who went away before the end
    "limesurvey": Tool({"N/A": ""}, {"submitdate": ("",)}),
    "kobotoolbox": Tool({}, {"_validation_status": ("Not approved", "validation_status_not_approved")}, "/"),
    "google-forms": Tool({}, {}),
}


class Recipe(dict[str, str]):
    """Their column -> ours, as a plain mapping; and what else is needed.

    A `*` at one end of a name stands for anything.
    """

    constants: Mapping[str, str]
    cells: Mapping[str, Mapping[str, str]]  # our column, or "" for every item -> their cell -> ours
    skip: Mapping[str, tuple[str, ...]]
    choose: Mapping[str, Mapping[str, str]]  # our column -> their column that is marked -> value
    separators: Mapping[str, str]  # our column -> what parts several answers in one cell
    kinds: Mapping[str, str]  # organization -> its kind, from which its side follows
    rounds: Rounds | None
    tool: Tool
    sheet: str


def recipe_of(body: Mapping[str, Any], name: str, outcome: str) -> Recipe:
    """A recipe from the tables of a TOML file. Raises InvalidInput with one sentence."""
    for key in body:
        if key not in (*TABLES, *SETTINGS):
            raise InvalidInput(f"{name}: {key} is not a part of a mapping; known are {_listed()}; {outcome}")
    read = _Reading(name, outcome)
    made = Recipe(read.texts(body.get("columns", {}), "columns"))
    made.constants = read.texts(body.get("constants", {}), "constants")
    values = read.table(body.get("values", {}), "values")
    by_column = {column: read.texts(one, f"values.{column}") for column, one in values.items() if _is_table(one)}
    made.cells = {**by_column, "": read.texts({k: v for k, v in values.items() if not _is_table(v)}, "values")}
    made.skip = {column: read.several(cells, f"skip.{column}") for column, cells in body.get("skip", {}).items()}
    chosen = read.table(body.get("choose", {}), "choose")
    made.choose = {column: read.texts(one, f"choose.{column}") for column, one in chosen.items()}
    made.separators = read.texts(body.get("separators", {}), "separators")
    made.kinds = read.texts(body.get("kinds", {}), "kinds")
    made.rounds = read.rounds(body["round"]) if "round" in body else None
    made.sheet = read.text(body.get("sheet", ""), "sheet")
    tool = read.text(body.get("tool", "google-forms"), "tool")
    if tool not in TOOLS:
        raise InvalidInput(f"{name}: the tool {tool} is not known; known are {', '.join(TOOLS)}; {outcome}")
    made.tool = TOOLS[tool]
    return made


def _listed() -> str:
    return ", ".join((*SETTINGS, *TABLES))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the parts of one file, and says where one is not what it must be."""

    name: str
    outcome: str

    def refuse(self, sentence: str) -> InvalidInput:
        return InvalidInput(f"{self.name}: {sentence}; {self.outcome}")

    def table(self, given: Any, where: str) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise self.refuse(f"{where} must be a table")
        return given

    def text(self, given: Any, where: str) -> str:
        if not isinstance(given, str):
            raise self.refuse(f"{where} must be text in quotes")
        return given

    def texts(self, given: Any, where: str) -> dict[str, str]:
        found = {}
        for key, value in self.table(given, where).items():
            plain = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
            found[" ".join(str(key).split())] = self.text(plain, f"{where}, {key}")
        return found

    def several(self, given: Any, where: str) -> tuple[str, ...]:
        if isinstance(given, str):
            return (given,)
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise self.refuse(f"{where} must be a list of cells in quotes")
        return tuple(given)

    def rounds(self, given: Any) -> Rounds:
        table = self.table(given, "round")
        periods = table.get("periods")
        if not isinstance(periods, list) or not periods:
            raise self.refuse("round needs periods, each with number, from and until")
        found = tuple(sorted((self.period(one) for one in periods), key=lambda one: one.first))
        for before, after in pairwise(found):
            if after.first <= before.last or after.number <= before.number:
                raise self.refuse(f"the days of round {after.number} must follow those of round {before.number}")
        return Rounds(
            self.text(table.get("column"), "round.column"), self.text(table.get("format", ""), "format"), found
        )

    def period(self, given: Any) -> Period:
        table = self.table(given, "a period of round")
        number, first, last = table.get("number"), table.get("from"), table.get("until")
        if not isinstance(number, int) or isinstance(number, bool) or not _is_day(first) or not _is_day(last):
            raise self.refuse("a period needs number = 1, from = 2024-05-01 and until = 2024-06-30, without quotes")
        assert isinstance(first, date)  # seen above, as is the other
        assert isinstance(last, date)
        if last < first:
            raise self.refuse(f"round {number} ends before it begins")
        return Period(number, first, last)


def _is_day(given: Any) -> bool:
    return isinstance(given, date) and not isinstance(given, datetime)
