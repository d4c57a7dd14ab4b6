"""The tidy table for SPSS (.sav) and Stata (.dta): coded variables with labels, dated by the last round.

The programs cut labels: they are shortened visibly here, and the codebook has them in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from server.exchange.codebook import MEANINGS, meaning_of
from server.exchange.tidy import TidyRow
from server.wording import Wording

VALUE_LABEL = 120  # bytes
VARIABLE_LABEL = {"sav": 255, "dta": 80}  # bytes for SPSS; signs for Stata, which are never more than its bytes
LONGEST_TEXT = 1_000  # bytes of a text variable
CODES = {"partnership_code": "partnership", "construct": "construct_name"}  # coded by the one, labelled by the other
LABELLED = ("estimate", "population", "n_band", "flag")
NUMBERS, WHOLES = ("value", "low", "high"), ("round", "version", "segment")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SAV_DATED = slice(92, 109)  # where a .sav file says when it was written: dd mmm yy, then hh:mm:ss
DTA_DATED = re.compile(rb"(<timestamp>\x11)[^<]{17}(</timestamp>)")
Kind = Literal["sav", "dta"]


def to_statistics(rows: Sequence[TidyRow], wording: Wording, kind: Kind, *, title: str, on: date) -> bytes:
    """The file in the program's own format; the same rows give the same bytes."""
    import pyreadstat

    from server.exchange.frames import Frame

    columns, labels = _variables(rows, wording)
    about = {name: shortened(wording._(meaning), VARIABLE_LABEL[kind]) for name, meaning in MEANINGS.items()}
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{kind}"
        given: dict[str, Any] = {
            "file_label": shortened(title, 64),
            "column_labels": about,
            "variable_value_labels": labels,
        }
        (pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta)(Frame(columns), path, **given)
        written = path.read_bytes()
    return _dated(written, kind, on)


def _variables(rows: Sequence[TidyRow], wording: Wording) -> tuple[list[Any], dict[str, dict[int, str]]]:
    from server.exchange.frames import DAY, NUMBER, TEXT, WHOLE, Column

    columns: list[Any] = []
    labels: dict[str, dict[int, str]] = {}
    for place, name in enumerate(TidyRow._fields):
        values: list[Any] = [row[place] for row in rows]
        if name in NUMBERS:
            columns.append(Column(name, NUMBER, values))
        elif name in WHOLES:
            columns.append(Column(name, WHOLE, values))
        elif name == "closed_on":
            columns.append(Column(name, DAY if rows else TEXT, values))  # a day of an empty table has no kind
        elif name in LABELLED or name in CODES:
            numbers = _numbered(values)
            columns.append(Column(name, WHOLE, [numbers.get(value) for value in values]))
            labels[name] = _value_labels(name, numbers, rows, wording)
        else:
            columns.append(Column(name, TEXT, [shortened(value, LONGEST_TEXT) for value in values]))
    return columns, {name: found for name, found in labels.items() if found}


def _numbered(values: Sequence[str]) -> dict[str, int]:
    """Codes 1, 2, ... in the order of the codes themselves; nothing where there is none."""
    return {value: at for at, value in enumerate(sorted(set(values) - {""}), start=1)}


def _value_labels(name: str, numbers: Mapping[str, int], rows: Sequence[TidyRow], wording: Wording) -> dict[int, str]:
    """Code with its words: labels that two codes share would be one in the program."""
    if name in CODES:
        code, text = TidyRow._fields.index(name), TidyRow._fields.index(CODES[name])
        names = {str(row[code]): str(row[text]) for row in rows}
        return {number: shortened(f"{value}: {names[value]}", VALUE_LABEL) for value, number in numbers.items()}
    if name == "n_band":
        return {number: value for value, number in numbers.items()}
    return {number: shortened(meaning_of(name, value, wording), VALUE_LABEL) for value, number in numbers.items()}


def shortened(text: str, limit: int) -> str:
    """The text within so many bytes, never in the middle of a sign; three points say that there was more."""
    plain = text.replace("\x00", "")
    if len(plain.encode()) <= limit:
        return plain
    return plain.encode()[: limit - 3].decode(errors="ignore") + "…"


def _dated(written: bytes, kind: Kind, on: date) -> bytes:
    """The day of the last round in place of the moment of writing."""
    day = f"{on.day:02d} {MONTHS[on.month - 1]}"
    if kind == "dta":
        said = f"{day} {on.year} 00:00".encode()
        return DTA_DATED.sub(lambda found: found[1] + said + found[2], written, count=1)
    pinned = bytearray(written)
    pinned[SAV_DATED] = f"{day} {on.year % 100:02d}00:00:00".encode()
    return bytes(pinned)
