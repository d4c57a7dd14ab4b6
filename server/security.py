"""What stands between the network and the routes: headers, same-origin writes, size limits, sealed cookies, attempts.

Pure ASGI throughout: a wrapper that buffers responses would break streaming and hide the exceptions of routes.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.encoding import URLSafeBase64Encoder
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: under it browsers send "Origin: null" even with our own forms, and SameOrigin would refuse them
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
HOST_ONLY = b"__Host-"  # what browsers take only from this very host, over HTTPS, for every path
HSTS = "max-age=31536000; includeSubDomains"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOADS = re.compile(r"/partnerships/[0-9a-f-]{36}/(?:disputes/[0-9a-f-]{36}/documents|charter/paper)")
UPLOAD_LIMIT = 2 * 1024 * 1024 + 64 * 1024  # a document of a dispute or a signed paper, and the form around it
PATIENCE = 20  # seconds without a byte of a body that was announced
BODY_LIMIT = 256 * 1024  # a page of answers with every text at its limit in Khmer takes 60 kB


def sent_as(name: str, *, https: bool) -> str:
    """The name of a cookie of ours as browsers know it."""
    return HOST_ONLY.decode() + name if https else name


def host_only(header: bytes) -> bytes:
    """A Set-Cookie header with the prefix. Deletions too, which browsers do not take without Secure."""
    return HOST_ONLY + header + (b"" if b"; secure" in header.lower() else b"; Secure")


def only_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """A request's headers with our cookies under the names we know; what a neighbouring host planted falls away.

    Only spaces are taken off before looking: browsers let other blanks pass in front of the prefix.
    """
    kept = []
    for name, value in headers:
        if name == b"cookie":
            parts = (part.strip(b" ") for part in value.split(b";"))
            ours = b"; ".join(part[len(HOST_ONLY) :] for part in parts if part.startswith(HOST_ONLY))
            if ours:
                kept.append((name, ours))
        else:
            kept.append((name, value))
    return kept


def is_same_origin(headers: Mapping[str, str], scheme: str) -> bool:
    """Whether a write came from our own pages (or from no browser at all, which carries nobody's cookies)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin == f"{scheme}://{headers.get('host')}"  # not taken apart: some cannot be


class Gate:
    """Every request passes here once: writes from our own pages only, nothing too large, our headers on each answer.

    Under HTTPS our cookies are `__Host-` cookies to browsers, and to the service inside they have their plain names.
    HEAD is answered as GET, whose body the server then leaves out: mail scanners look at links in this way.
    """

    def __init__(
        self, app: ASGIApp, *, https: bool, refusal: Callable[[Request], Response], note: Callable[[str, int], None]
    ) -> None:
        self.app, self.refusal, self.note = app, refusal, note
        self.scheme, self.https = "https" if https else "http", https
        headers = {**HEADERS, **({"Strict-Transport-Security": HSTS} if https else {})}
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.names = frozenset(name for name, _ in self.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.https:
            scope["headers"] = only_ours(scope["headers"])

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.note(scope["path"], message["status"])
                message["headers"] = self._completed(message["headers"])
            await send(message)

        if scope["method"] in SAFE_METHODS:
            seen = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
            await self.app(seen, receive, send_completed)
            return
        headers = first_of_each(scope)
        if is_same_origin(headers, self.scheme):
            await self.app(scope, within_limit(scope["path"], headers, receive), send_completed)
        else:
            await self.refusal(Request(scope))(scope, receive, send_completed)

    def _completed(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """With our headers, unless the answer sets one of them itself."""
        held = list(given)
        if self.https:
            held = [(name, host_only(value) if name == b"set-cookie" else value) for name, value in held]
        own = self.names.intersection(name for name, _ in held)
        return held + (self.headers if not own else [one for one in self.headers if one[0] not in own])


def is_utf8(kind: str) -> bool:
    """Whether the kind of a body names no other encoding, read as the parser of forms reads it."""
    if "charset" not in kind.lower():
        return True
    return parse_options_header(kind)[1].get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


def first_of_each(scope: Scope) -> dict[str, str]:
    """The headers of a request by name; of several the first, as everybody reads them who asks after us."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def within_limit(path: str, headers: Mapping[str, str], receive: Receive) -> Receive:
    """Stops reading a body above the limit, whether its length was announced or not, and one that does not come.

    Nor is one read whose signs are not UTF-8: Python knows encodings that fail in their own ways, and some that make
    text no database takes. No browser asks for them.
    """
    limit = UPLOAD_LIMIT if UPLOADS.fullmatch(path) else BODY_LIMIT
    is_foreign = not is_utf8(headers.get("content-type", ""))
    announced = headers.get("content-length", "0")
    read = int(announced) if announced.isdecimal() and int(announced) > limit else 0
    comes_more = True

    async def receive_within_limit() -> Message:
        nonlocal read, comes_more
        if is_foreign:
            raise HTTPException(400)
        if not comes_more:  # what is waited for now is the end of the line
            return await receive()
        try:
            async with asyncio.timeout(PATIENCE):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        comes_more = message.get("more_body", False)
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(413)
        return message

    return receive_within_limit


def read_secret_key(path: Path) -> bytes:
    """The server's own key, made on the first start and readable by nobody else."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(random(SecretBox.KEY_SIZE))
    key = path.read_bytes()
    if len(key) != SecretBox.KEY_SIZE:
        raise ValueError(f"{path.name} is not a key of {SecretBox.KEY_SIZE} bytes")
    return key


class Sealer:
    """Seals small values into cookies; a value sealed for one purpose does not open for another."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._boxes: dict[str, SecretBox] = {}

    def _box(self, purpose: str) -> SecretBox:
        if purpose not in self._boxes:
            key = hashlib.blake2b(purpose.encode(), key=self._key, digest_size=SecretBox.KEY_SIZE).digest()
            self._boxes[purpose] = SecretBox(key)
        return self._boxes[purpose]

    def derive(self, purpose: str, value: str) -> bytes:
        """32 bytes that only this server can find from the value, the same every time."""
        return hashlib.blake2b(value.encode(), key=self._key, person=purpose.encode()[:16], digest_size=32).digest()

    def seal(self, purpose: str, value: dict[str, Any]) -> str:
        sealed = self._box(purpose).encrypt(json.dumps(value).encode(), encoder=URLSafeBase64Encoder)
        return bytes(sealed).decode().rstrip("=")

    def unseal(self, purpose: str, text: str | None) -> dict[str, Any] | None:
        if not text:
            return None
        try:
            padded = text + "=" * (-len(text) % 4)
            value = json.loads(self._box(purpose).decrypt(padded.encode(), encoder=URLSafeBase64Encoder))
        except (CryptoError, ValueError):
            return None
        return value if isinstance(value, dict) else None


class Attempts:
    """How often a secret may be guessed. In memory: a restart forgives, nothing about visitors is stored."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self.limit, self.window = limit, window
        self._times: dict[str, deque[datetime]] = {}

    def may_try(self, key: str, now: datetime) -> bool:
        times = self._times.get(key)
        while times and now - times[0] > self.window:
            times.popleft()
        return not times or len(times) < self.limit

    def note(self, key: str, now: datetime) -> None:
        if len(self._times) > 10_000:  # a flood of made-up keys must not fill the memory
            self._times = {k: times for k, times in self._times.items() if times and now - times[-1] <= self.window}
        self._times.setdefault(key, deque(maxlen=self.limit)).append(now)
