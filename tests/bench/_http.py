"""A client small enough not to be what is measured: one kept connection, cookies, no redirects followed."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Self

LARGEST = 4 * 1024 * 1024  # bytes of one answer; more is a fault of the service, not a page


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Browser:
    """One visitor. `accepts` is what a browser sends for compressed pages."""

    address: tuple[str, int]
    accepts: str = "gzip"
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 30
    source: str = ""  # a loopback address of its own, where a test plays several machines
    _line: socket.socket | None = None
    _left: bytes = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line, self._left = None, b""

    def get(self, path: str) -> Answer:
        return self.send(f"GET {path}", b"")

    def post(self, path: str, body: bytes = b"") -> Answer:
        return self.send(f"POST {path}", body)

    def send(self, what: str, body: bytes) -> Answer:
        """One request and its answer. Raises OSError when the line breaks; nothing is sent twice."""
        if self._line is None:
            source = (self.source, 0) if self.source else None
            self._line = socket.create_connection(self.address, timeout=self.timeout, source_address=source)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"{what} HTTP/1.1", f"Host: 127.0.0.1:{self.address[1]}", f"Accept-Encoding: {self.accepts}"]
        lines += ["Sec-Fetch-Site: same-origin", *([f"Cookie: {cookies}"] if cookies else [])]
        if what.startswith("POST"):
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        try:
            self._line.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            answer = self._read()
        except BaseException:
            self.close()
            raise
        self._keep(answer)
        return answer

    def _read(self) -> Answer:
        head, _, rest = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            key = name.lower()
            headers[key] = f"{headers[key]}\n{value}" if key in headers else value
        length = int(headers.get("content-length", 0))
        assert length <= LARGEST
        while len(rest) < length:
            rest += self._more()
        self._left = rest[length:]
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split(" ")[1]), headers, rest[:length])

    def _until(self, mark: bytes) -> bytes:
        held = self._left
        while mark not in held:
            held += self._more()
        return held

    def _more(self) -> bytes:
        assert self._line is not None
        part = self._line.recv(65536)
        if not part:
            raise ConnectionResetError("the service closed the line")
        return part

    def _keep(self, answer: Answer) -> None:
        for line in answer.headers.get("set-cookie", "").split("\n"):
            name, found, value = line.partition("=")
            if found:
                value = value.partition(";")[0].strip('"')
                if value:
                    self.cookies[name] = value
                else:
                    self.cookies.pop(name, None)
