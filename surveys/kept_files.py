"""Files people hand in: what one is follows from its content; one that claims to be something else is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection

from surveys.problems import InvalidInput
from surveys.texts import LONGEST_LINE, checked

LARGEST = 2 * 1024 * 1024
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
SAME = {"jpeg": "jpg", "text": "txt"}
OFFICE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}


def plain_name(name: str) -> str:
    """The name of a file without the folders before it. Raises InvalidInput when nobody can read it."""
    plain = checked(name.replace("\\", "/").rpartition("/")[2], "name of the file", required=True, limit=LONGEST_LINE)
    if not plain.isprintable():
        raise InvalidInput("the name of the file holds signs that cannot be shown; nothing was kept")
    return plain


def suffix_of(name: str, content: bytes, kinds: Collection[str] = tuple(MEDIA_TYPES)) -> str:
    """What the file is, by its content. Raises InvalidInput when that is not what its name says, or nothing we keep."""
    if not content:
        raise InvalidInput("the file is empty; nothing was kept")
    if len(content) > LARGEST:
        raise InvalidInput(f"the file has {len(content)} bytes; {LARGEST} fit, nothing was kept")
    claimed = name.rpartition(".")[2].lower() if "." in name else ""
    claimed = SAME.get(claimed, claimed)
    found = _kind_of(content)
    if found is None or claimed not in kinds:
        raise InvalidInput(f"files of these kinds are kept: {', '.join(kinds)}; nothing was kept")
    if found != claimed:
        raise InvalidInput(f"the file says it is {claimed}, its content is {found}; nothing was kept")
    return found


def _kind_of(content: bytes) -> str | None:
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return "pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and b"IHDR" in content[:32] and b"IEND" in content[-16:]:
        return "png"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return "jpg"
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    return "txt" if _is_text(content) else None


def _kind_of_archive(content: bytes) -> str | None:
    """Office files by what they must hold, none with macros; nothing is unpacked but the line that names the kind."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(name.lower().endswith(("vbaproject.bin", ".exe", ".js")) or "Scripts/" in name for name in names):
                return None
            if names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 100:
                return OPEN_DOCUMENT.get(archive.read("mimetype").strip())
            if "[Content_Types].xml" in names:
                return next((kind for kind, part in OFFICE.items() if part in names), None)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    return None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(sign >= " " or sign in "\n\r\t" for sign in text)
