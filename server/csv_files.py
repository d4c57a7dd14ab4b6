"""Tables as CSV that spreadsheet programs open as meant: UTF-8 with a mark, and no cell that becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from starlette.responses import Response

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Value = str | int | float | None


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([_safe(name) for name in header])
    writer.writerows([_safe(value) for value in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _safe(value: Value) -> str | int | float:
    """Text with an apostrophe where a program would calculate; numbers keep their sign."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(BEGINS_A_FORMULA) else value


def download(content: bytes, name: str, media_type: str) -> Response:
    """A file to keep; its name is made of letters every system takes."""
    stem, _, suffix = name.rpartition(".")
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:80] or "rapport"
    headers = {"Content-Disposition": f'attachment; filename="{plain}.{suffix}"'}
    return Response(content, media_type=media_type, headers=headers)
