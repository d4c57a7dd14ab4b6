"""A file read in pieces of columns: CSV (UTF-8, with or without mark; comma, semicolon or tab), or a workbook's sheet.

Either has one header line. Where a mapping says more than names of columns, the pieces come as it wants them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from server.exchange.faults import LISTED, Faults, quoted
from server.exchange.recipe import Recipe

ROWS = 2_000  # at a time: large enough for numpy, small enough for the cache
DELIMITERS = (",", ";", "\t")
WORKBOOKS = (".xlsx", ".xlsm")
IGNORED = "-"  # a column mapped to this is left out
Progress = Callable[[float], None]  # is told the share that was read


def silent(share: float) -> None:
    """No progress shown."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows, as columns of text; `lines` says where each row stands in the file."""

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


@dataclass
class Sheet:
    """An open file whose header was read. Use `opened` to make one."""

    header: tuple[str, ...]
    delimiter: str
    faults: Faults
    _reader: Iterator[list[str]]
    _share: Callable[[], float]
    _progress: Progress
    notes: list[str] = field(default_factory=list)  # what was left out of the file on purpose

    @property
    def comma_is_decimal(self) -> bool:
        return self.delimiter != ","

    def pieces(self) -> Iterator[Piece]:
        """The rows in pieces; empty rows are passed over, ragged ones are faults."""
        lines: list[int] = []
        rows: list[list[str]] = []
        width, before = len(self.header), self._line()
        try:
            for row in self._reader:
                if any(row):
                    lines.append(before + 1)
                    rows.append(row)
                    if len(rows) == ROWS:
                        yield self._piece(lines, rows, width)
                        lines, rows = [], []
                before = self._line()
        except csv.Error as problem:
            self.faults.add(before + 1, "", f"the line cannot be read ({problem})")
        except UnicodeDecodeError:
            self.faults.add(0, "", "the file is not UTF-8 text")
        if rows:
            yield self._piece(lines, rows, width)

    def _line(self) -> int:
        return int(self._reader.line_num)  # type: ignore[attr-defined]  # Type ignore: csv's reader has no public type

    def _piece(self, lines: list[int], rows: list[list[str]], width: int) -> Piece:
        self._progress(min(1.0, self._share()))
        ragged = [at for at, row in enumerate(rows) if len(row) != width]
        for at in ragged[:LISTED]:
            self.faults.add(lines[at], "", f"{len(rows[at])} cells where the header has {width}")
        self.faults.total += max(0, len(ragged) - LISTED)
        if ragged:
            odd = set(ragged)
            lines = [line for at, line in enumerate(lines) if at not in odd]
            rows = [row for at, row in enumerate(rows) if at not in odd]
        return Piece(lines, list(zip(*rows, strict=True)) if rows else [()] * width)


@contextmanager
def opened(
    path: Path, known: Collection[str], mapping: Mapping[str, str], faults: Faults, progress: Progress = silent
) -> Iterator[Sheet]:
    """Open a file and read its header, with the columns renamed. Raises InvalidInput when that is impossible.

    known: names that Rapport gives to columns; they are found whatever their capitals.
    """
    try:
        source = path.open("rb")
    except OSError as problem:
        faults.add(0, "", f"the file cannot be opened ({problem.strerror})")
        faults.refuse()
        raise
    with source:
        if path.suffix.lower() in WORKBOOKS:
            yield _chosen(_workbook(source, mapping, faults, progress), known, mapping)
            return
        _refuse_other_encodings(source, faults)
        yield _chosen(_text(source, path.stat().st_size, faults, progress), known, mapping)


def _workbook(source: BinaryIO, mapping: Mapping[str, str], faults: Faults, progress: Progress) -> Sheet:
    from server.exchange.workbook import opened_workbook

    wanted = mapping.sheet if isinstance(mapping, Recipe) else ""
    header, rows = opened_workbook(source, wanted, faults)
    return Sheet(header, ",", faults, rows, rows.share, progress)


def _text(source: BinaryIO, size: int, faults: Faults, progress: Progress) -> Sheet:
    text = io.TextIOWrapper(source, encoding="utf-8-sig", newline="")
    first = text.readline()
    if not first.strip():
        faults.add(1, "", "the file has no header" if size else "the file is empty")
        faults.refuse()
    text.seek(0)
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader)
    except csv.Error as problem:
        faults.add(1, "", f"the header cannot be read ({problem})")
        faults.refuse()
        raise
    return Sheet(tuple(header), delimiter, faults, reader, lambda: source.tell() / max(1, size), progress)


def _chosen(sheet: Sheet, known: Collection[str], mapping: Mapping[str, str]) -> Sheet:
    """The sheet with the columns as Rapport calls them."""
    if isinstance(mapping, Recipe):
        from server.exchange.adapted import adapted

        return adapted(sheet, known, mapping)
    named = _renamed([name.strip() for name in sheet.header], mapping, known)
    if not set(named) & set(known):
        sheet.faults.add(
            1, "", "no column of this line is known: the first line of the file must hold the names of the columns"
        )
    else:
        _check_names(named, sheet.faults)
    sheet.faults.refuse()
    return replace(sheet, header=tuple(named))


def _refuse_other_encodings(source: BinaryIO, faults: Faults) -> None:
    """Name the first line that is not UTF-8: the commonest fault of files saved by a spreadsheet."""
    advice = "save the file as “CSV UTF-8”"
    if source.read(2) in (b"\xff\xfe", b"\xfe\xff"):
        faults.add(1, "", f"the file is UTF-16 text; {advice}")
        faults.refuse()
    source.seek(0)
    for number, raw in enumerate(source, start=1):
        if raw.isascii():
            continue
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as problem:
            faults.add(number, "", f"byte {raw[problem.start]:#04x} is not UTF-8; {advice}")
            faults.refuse()
    source.seek(0)


def _renamed(header: list[str], mapping: Mapping[str, str], known: Collection[str]) -> list[str]:
    """`theirs = ours` and `ours = theirs` are both understood: whichever side stands in the header is renamed."""
    there = set(header)
    names = {b: a for a, b in mapping.items() if a in known and a not in there}
    names |= {a: b for a, b in mapping.items() if a in there}
    spelt = {name.lower(): name for name in known} | {"organisation": "organization"}
    renamed = [names.get(name, name) for name in header]
    return [name if name in known else spelt.get(name.lower(), name) for name in renamed]


def _check_names(header: list[str], faults: Faults) -> None:
    for place, name in enumerate(header):
        if not name:
            faults.add(1, str(place + 1), "the column has no name", place=place)
        elif header.index(name) != place and name != IGNORED:
            faults.add(1, name, f"two columns are called {quoted(name)}", place=place)
    faults.refuse()
