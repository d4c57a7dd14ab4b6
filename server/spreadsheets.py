"""Tables out of files that people upload: CSV as text, XLSX sheet by sheet; what it is, the content says, not the name.

A workbook is a zip file and may be a bomb: its parts are measured before one is opened, only the first sheet is read,
row by row, and formulas are taken as the text they are.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

UNPACKED_AT_MOST = 20 * 1024 * 1024
PARTS_AT_MOST = 500
ROWS_AT_MOST, COLUMNS_AT_MOST = 1001, 30
SIGNATURE = b"PK\x03\x04"


class NotASpreadsheet(ValueError):
    """A file that begins like a workbook and is none, or is larger inside than any list."""


def is_workbook(content: bytes) -> bool:
    return content.startswith(SIGNATURE)


def rows_of(content: bytes) -> list[tuple[int, list[str]]]:
    """Each row of the first sheet that holds anything, with its number, its cells as text."""
    _measure(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            return list(_filled(islice(sheet.iter_rows(max_col=COLUMNS_AT_MOST, values_only=True), ROWS_AT_MOST + 1)))
        finally:
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError, OSError) as problem:
        raise NotASpreadsheet from problem
    except (AttributeError, TypeError, EOFError, NotImplementedError) as problem:  # what openpyxl says of torn files
        raise NotASpreadsheet from problem


def _measure(content: bytes) -> None:
    """What the parts would unpack to, as their directory says, before any of them is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS_AT_MOST or sum(part.file_size for part in parts) > UNPACKED_AT_MOST:
                raise NotASpreadsheet
            for part in parts:
                _unpack_no_further(packed, part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as problem:
        raise NotASpreadsheet from problem


def _unpack_no_further(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A directory may lie: a part that unpacks to more than it says is refused."""
    if part.is_dir():
        return
    with packed.open(part) as file:
        left = part.file_size
        while chunk := file.read(64 * 1024):
            left -= len(chunk)
            if left < 0:
                raise NotASpreadsheet


def _filled(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, start=1):
        cells = ["" if cell is None else _text(cell) for cell in row]
        if any(cells):
            yield number, cells


def _text(cell: object) -> str:
    """Whole numbers without ".0", formulas as they are written."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())
