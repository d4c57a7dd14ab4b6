"""A mapping file renames the columns of somebody else's file: TOML (`theirs = "ours"`) or CSV (`theirs,ours`).

A TOML file with more tables than `columns`, or with a `tool`, is a recipe for another tool's export: see recipe.py.
"""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

from server.exchange.recipe import recipe_of
from surveys.problems import InvalidInput

TITLES = {"from", "column", "theirs", "old", "file", "name"}  # a first line of a CSV mapping that is only a header


def read_mapping(path: Path | None, *, outcome: str = "nothing was read") -> dict[str, str]:
    """Column of the file -> column that Rapport knows, or "-" for a column to leave out. Raises InvalidInput."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"{path.name} cannot be read as a mapping: {problem}; {outcome}") from problem
    return (
        _from_csv(path.name, text, outcome) if path.suffix.lower() == ".csv" else _from_toml(path.name, text, outcome)
    )


def _from_toml(name: str, text: str, outcome: str) -> dict[str, str]:
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidInput(f"{name} cannot be read as a mapping: {problem}; {outcome}") from problem
    if any(isinstance(part, dict) for key, part in body.items() if key != "columns") or "tool" in body:
        return recipe_of(body, name, outcome)
    flat = body.get("columns", body)
    for theirs, ours in flat.items():
        if not isinstance(ours, str):
            raise InvalidInput(f"{name}: {theirs} must be mapped to the name of a column; {outcome}")
    return {str(theirs).strip(): ours.strip() for theirs, ours in flat.items()}


def _from_csv(name: str, text: str, outcome: str) -> dict[str, str]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    found: dict[str, str] = {}
    for line, row in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        if not any(row) or (line == 1 and row[0].strip().lower() in TITLES):
            continue
        if len(row) != 2:
            raise InvalidInput(f"{name}, line {line}: a mapping has two cells, theirs and ours; {outcome}")
        found[row[0].strip()] = row[1].strip()
    return found
