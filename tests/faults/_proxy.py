"""A small proxy that misbehaves on purpose, or that only knows which servers live."""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

Address = tuple[str, int]
ACTS = ("refuse", "cut request", "drop answer", "cut answer", "twice", "twice", *["pass"] * 10)


class Proxy:
    """One request for each connection; tries the servers in turn until one takes the connection."""

    def __init__(self, servers: Sequence[Address], *, chaos: random.Random | None = None) -> None:
        self.servers, self.chaos = list(servers), chaos
        self.done: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._turn = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> Address:
        host, port = self._listener.getsockname()
        return (host, port)

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            try:
                line.settimeout(15)
                request = read_message(line)
                act = self.chaos.choice(ACTS) if self.chaos else "pass"
                self.done[act] += 1
                self._act(act, line, request)
            except OSError:
                pass  # the client sees a broken line

    def _act(self, act: str, line: socket.socket, request: bytes) -> None:
        if act == "refuse" or not request:
            return
        if act == "cut request":
            with self._connect() as server:
                server.sendall(request[: random.randrange(1, len(request) + 1)])
            return
        answer = self._ask(request)
        if act == "twice":
            answer = self._ask(request)
        if act == "drop answer":
            return
        line.sendall(answer[: len(answer) // 2] if act == "cut answer" else answer)

    def _ask(self, request: bytes) -> bytes:
        with self._connect() as server:
            server.sendall(request)
            return read_message(server)

    def _connect(self) -> socket.socket:
        for _ in self.servers:
            self._turn += 1
            try:
                made = socket.create_connection(self.servers[self._turn % len(self.servers)], timeout=5)
            except OSError:
                continue
            made.settimeout(15)
            return made
        raise ConnectionRefusedError("no server lives")


def read_message(line: socket.socket) -> bytes:
    """One HTTP message whose length is announced."""
    held = b""
    while b"\r\n\r\n" not in held:
        part = line.recv(65536)
        if not part:
            return held
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    length = next(
        (int(one.partition(b":")[2]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        part = line.recv(65536)
        if not part:
            raise ConnectionResetError("cut in the body")
        held, body = held + part, body + part
    return held


@contextmanager
def proxy(servers: Sequence[Address], *, chaos: random.Random | None = None) -> Iterator[Proxy]:
    made = Proxy(servers, chaos=chaos)
    try:
        yield made
    finally:
        made.close()
