"""A list as somebody sends it: typed or pasted, or as a CSV or XLSX file; read the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.invitees import Gettext, Row, UnreadableFile, decode, lines_of
from server.spreadsheets import NotASpreadsheet, is_workbook, rows_of


@dataclass(frozen=True, slots=True)
class Uploaded:
    """text: as typed or as in a CSV file; cells: of a workbook; fault: why neither could be read."""

    text: str
    cells: tuple[Row, ...] = ()
    fault: str = ""  # "", text, workbook

    @property
    def is_workbook(self) -> bool:
        return bool(self.cells)

    def problem(self, _: Gettext) -> str:
        if self.fault == "workbook":
            return _("This workbook cannot be read: save it anew as .xlsx or as “CSV UTF-8”. Nothing was saved.")
        return _("This file is not text in UTF-8. Save it as “CSV UTF-8” and send it again.") if self.fault else ""

    def rows(self) -> Iterator[Row]:
        return iter(self.cells) if self.cells else lines_of(self.text)


async def read_uploaded(request: Request) -> Uploaded:
    """The list as pasted, or as in the file where one was chosen."""
    async with request.form(max_files=1, max_fields=10) as form:
        file, text = form.get("file"), form.get("text") or ""
        if isinstance(file, UploadFile) and file.filename:
            return _read_file(await file.read())
    if not isinstance(text, str) or "\x00" in text:
        raise HTTPException(422)
    return Uploaded(text)


def _read_file(content: bytes) -> Uploaded:
    if is_workbook(content):
        try:
            rows = rows_of(content)
        except NotASpreadsheet:
            return Uploaded("", fault="workbook")
        return Uploaded("", tuple(rows))
    try:
        text = decode(content)
    except UnreadableFile:
        return Uploaded("", fault="text")
    return Uploaded("", fault="text") if "\x00" in text else Uploaded(text)


UploadedDep = Annotated[Uploaded, Depends(read_uploaded)]
