"""A file that is handed in with a form, and the way back to whoever may have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.csv_files import download
from surveys.kept_files import LARGEST, MEDIA_TYPES

LARGEST_MB = LARGEST // (1024 * 1024)


@dataclass(frozen=True, slots=True)
class Upload:
    """The fields of a form and its one file; without a file its name and its content are empty."""

    form: dict[str, str]
    name: str
    content: bytes


async def read_upload(request: Request) -> Upload:
    """Text that no keyboard makes is refused; the size was limited before anything was read."""
    async with request.form(max_files=1, max_fields=10) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        if any("\x00" in name or "\x00" in value for name, value in fields.items()):
            raise HTTPException(422)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return Upload(fields, "", b"")
        return Upload(fields, file.filename or "", await file.read())


def send_back(name: str, suffix: str, content: bytes) -> Response:
    """Always a file to keep, never shown in the page, and nothing in it may run."""
    stem = name.rpartition(".")[0]
    response = download(content, f"{stem}.{suffix}", MEDIA_TYPES[suffix])
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


UploadDep = Annotated[Upload, Depends(read_upload)]
