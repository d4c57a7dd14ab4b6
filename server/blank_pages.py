"""A page of the questionnaire rendered once, with nothing of a respondent in it, and filled in for each of them.

Rendering a page of thirty questions takes ten milliseconds, marking thirty choices in it a twentieth of one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import Any

RESUME_CODE = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for the code in the blank page; no text may hold it
CHOICE = re.compile(r'<input type="radio" name="([^"]+)" value="([^"]*)"')
LEVEL = 3  # of compression while somebody waits; the blank page is compressed at leisure
RAW = -15  # deflate without a header, so that parts can be joined


class BlankPage:
    """The page, where its choices stand, and its first part already compressed."""

    def __init__(self, html: str) -> None:
        head, mark, tail = html.rpartition(RESUME_CODE)  # the last: the code stands below all names
        self._head, self._tail, self._has_code = (head, tail, True) if mark else (tail, "", False)
        self._places = {(found[1], found[2]): found.end() for found in CHOICE.finditer(self._head)}
        plain = self._head.encode()
        self._length, self._checksum = len(plain), zlib.crc32(plain)
        packer = zlib.compressobj(9, zlib.DEFLATED, RAW)
        self._packed = packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
        self._plain_tail = self._tail.encode()
        packer = zlib.compressobj(9, zlib.DEFLATED, RAW)
        self._packed_tail = packer.compress(self._plain_tail) + packer.flush()

    def filled(self, given: Mapping[str, Any], code: str) -> str | None:
        """The page with these choices marked; None where an answer is not a choice of this page."""
        head = self._marked(given)
        return None if head is None else head + self._rest(code)

    def packed(self, given: Mapping[str, Any], code: str) -> bytes | None:
        """The same as gzip."""
        if not given:
            return self._packed_blank(code.encode() if self._has_code else b"")
        page = self.filled(given, code)
        if page is None:
            return None
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        return packer.compress(page.encode()) + packer.flush()

    def _rest(self, code: str) -> str:
        return code + self._tail if self._has_code else self._tail

    def _marked(self, given: Mapping[str, Any]) -> str | None:
        try:
            places = sorted(self._places[name, str(value)] for name, value in given.items())
        except KeyError:
            return None
        parts, last = [], 0
        for place in places:
            parts += [self._head[last:place], " checked"]
            last = place
        return "".join((*parts, self._head[last:]))

    def _packed_blank(self, code: bytes) -> bytes:
        """What was compressed beforehand, and the code between as it is (RFC 1951, 3.2.4), as one gzip file."""
        length = len(code).to_bytes(2, "little")
        stored = b"\0" + length + bytes(0xFF ^ byte for byte in length) + code
        checksum = zlib.crc32(self._plain_tail, zlib.crc32(code, self._checksum))
        size = (self._length + len(code) + len(self._plain_tail)) & 0xFFFFFFFF
        ends = checksum.to_bytes(4, "little") + size.to_bytes(4, "little")
        return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + self._packed + stored + self._packed_tail + ends
