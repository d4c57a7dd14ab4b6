"""Tables as CSV that spreadsheet programs open as meant: UTF-8 with a mark, and no cell that becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from starlette.responses import Response, StreamingResponse

MARK = "'"
# What a spreadsheet program may take for a formula, also with wide signs; and the mark itself, so that whoever reads
# the file takes one mark away and has the text as it was.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", MARK)
LINES = 500  # sent at a time
Value = str | int | float | None


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    return b"".join(csv_pieces(header, rows))


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The file in pieces, as it is sent."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([_safe(name) for name in header])
    begin = "\ufeff"
    for at, row in enumerate(rows, start=1):
        writer.writerow([_safe(value) for value in row])
        if at % LINES == 0:
            yield (begin + file.getvalue()).encode()
            begin = ""
            file.seek(0)
            file.truncate()
    yield (begin + file.getvalue()).encode()


def _safe(value: Value) -> str | int | float:
    """Text with an apostrophe where a program would calculate; numbers keep their sign, whole ones have no point."""
    if isinstance(value, str):
        return MARK + value if value.startswith(BEGINS_A_FORMULA) else value
    if value is None:
        return ""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def original(text: str) -> str:
    """A cell of such a file as it was before it was made safe."""
    return text.removeprefix(MARK)


def download(content: bytes | Iterator[bytes], name: str, media_type: str) -> Response:
    """A file to keep, whole or as it is made; its name is made of letters every system takes."""
    stem, _, suffix = name.rpartition(".")
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:80] or "rapport"
    headers = {"Content-Disposition": f'attachment; filename="{plain}.{suffix}"'}
    if isinstance(content, bytes):
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(content, media_type=media_type, headers=headers)
