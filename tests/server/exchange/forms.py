"""XLSForms as people write them, in few words: rows of a sheet as text, parted by bars."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook

LIKERT = tuple(f"agree|{at}|{at}" for at in range(6))
HEAD = "type|name|label"


def form(
    survey: Sequence[str],
    choices: Sequence[str] = LIKERT,
    settings: Sequence[str] = (),
    choices_head: str = "list_name|name|label",
    **more: Sequence[str],
) -> bytes:
    """A workbook. The first row of each sheet is its header; choices and settings have one already."""
    book = Workbook()
    book.remove(book.active)
    sheets = {"survey": survey, "choices": (choices_head, *choices), "settings": settings, **more}
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row.split("|")])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def simple(*rows: str, head: str = HEAD, **given: Sequence[str]) -> bytes:
    """A form with one topic and two ratings, then these rows."""
    topic = ["begin_group|T|Transparency", "select_one agree|T1|One", "select_one agree|T2|Two", "end_group"]
    return form([head, *topic, *rows], **given)
