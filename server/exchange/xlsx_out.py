"""The tidy table as a workbook: the data, and a codebook with every label in full. Text stays text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from server.exchange.codebook import CodeLine
from server.exchange.tidy import TidyRow

LONGEST_CELL = 32_767  # signs; a workbook holds no more in a cell
MOST_ROWS = 1_048_575  # below the header
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {"partnership": 32, "construct_name": 36, "closed_on": 12, "method": 36, "round_label": 16, "estimate": 16}


def to_xlsx(
    rows: Iterable[TidyRow], codes: Sequence[CodeLine], *, title: str, on: date, sheets: tuple[str, str]
) -> bytes:
    """The same rows give the same bytes: the workbook is dated by the last round. sheets: names of the two."""
    from xlsxwriter import Workbook

    file = io.BytesIO()
    with Workbook(file, OPTIONS) as book:
        book.set_properties({"title": title[:255], "author": "Rapport", "created": datetime.combine(on, time(), UTC)})
        formats = {"head": book.add_format({"bold": True}), "day": book.add_format({"num_format": "yyyy-mm-dd"})}
        _write(book.add_worksheet(sheets[0]), TidyRow._fields, rows, formats)
        _write(book.add_worksheet(sheets[1]), ("column", "code", "text"), map(_line, codes), formats)
    return file.getvalue()


def _line(code: CodeLine) -> tuple[str, str, str]:
    return code.column, code.code, code.text


def _write(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[Any]], formats: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(header):
        sheet.set_column(place, place, WIDTHS.get(name, 11 if len(header) > 3 else (16, 28, 90)[place]))
        sheet.write_string(0, place, name, formats["head"])
    last = 0
    for at, row in enumerate(rows, start=1):
        if at > MOST_ROWS:
            break
        last = at
        for place, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    sheet.write_string(at, place, value[:LONGEST_CELL])
            elif isinstance(value, date):
                sheet.write_datetime(at, place, datetime.combine(value, time()), formats["day"])
            elif value is not None:
                sheet.write_number(at, place, value)
    sheet.autofilter(0, 0, last, len(header) - 1)
