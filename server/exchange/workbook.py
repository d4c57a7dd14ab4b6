"""The rows of a sheet of a workbook as text, in the way a CSV file would hold them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO
from zipfile import ZipFile

from server.exchange.faults import Faults, quoted
from surveys.problems import InvalidInput

LARGEST = 2_000_000_000  # bytes of a workbook when unpacked: a small file may be made to hold a mountain


class WorkbookRows(Iterator[list[str]]):
    """Rows below the header; `line_num` says where the last one stood, as with CSV."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], width: int, total: int) -> None:
        self._rows, self._width, self._total = rows, width, total
        self.line_num = 1

    def __next__(self) -> list[str]:
        try:
            row = next(self._rows)
        except StopIteration:
            raise
        except Exception as problem:  # a damaged workbook makes its reader raise whatever it stumbles over
            raise csv.Error(f"the workbook is damaged: {type(problem).__name__}") from problem
        self.line_num += 1
        cells = [text_of(value) for value in row[: self._width]]
        return cells + [""] * (self._width - len(cells))

    def share(self) -> float:
        return self.line_num / max(1, self._total)


def opened_workbook(source: BinaryIO, wanted: str, faults: Faults) -> tuple[tuple[str, ...], WorkbookRows]:
    """Header and rows of the wanted sheet, or of the first. Raises InvalidInput where there is none."""
    book = _book(source, faults)
    if wanted and wanted not in book.sheetnames:
        faults.add(
            0, "", f"the workbook has no sheet {quoted(wanted)}; it has {', '.join(map(quoted, book.sheetnames))}"
        )
        faults.refuse()
    sheet = book[wanted] if wanted else book.worksheets[0]
    sheet.reset_dimensions()  # what a program wrote about the size is often wrong
    rows = sheet.iter_rows(values_only=True)
    header = [text_of(value) for value in next(rows, ())]
    while header and not header[-1].strip():
        header.pop()
    if not header:
        faults.add(1, "", "the sheet has no header")
        faults.refuse()
    return tuple(header), WorkbookRows(rows, len(header), _height(source, sheet))


def _book(source: BinaryIO, faults: Faults) -> Any:
    import openpyxl

    try:
        with ZipFile(source) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST:
                faults.add(0, "", "the workbook is larger than 2 GB when unpacked")
                faults.refuse()
        source.seek(0)
        return openpyxl.load_workbook(source, read_only=True, data_only=True)
    except InvalidInput:
        raise
    except Exception as problem:  # the same as below the header
        faults.add(0, "", f"the file cannot be read as a workbook ({type(problem).__name__})")
        faults.refuse()
        raise


def _height(source: BinaryIO, sheet: Any) -> int:
    """About how many rows there are, for showing progress only: no workbook says so reliably."""
    here = source.tell()
    source.seek(0)
    with ZipFile(source) as packed:
        sizes = [part.file_size for part in packed.infolist() if part.filename.startswith("xl/worksheets/")]
    source.seek(here)
    return max(1, max(sizes, default=0) // 2_000) if sheet is not None else 1


def text_of(value: Any) -> str:
    """A cell as a CSV file would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
