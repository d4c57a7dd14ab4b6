"""What no browser sends, to a real server: torn, doubled and contradictory messages."""

from __future__ import annotations

import socket

import pytest

from tests.bench._http import Browser
from tests.bench._service import fill
from tests.faults._field import life

HOST = b"Host: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    fill(folder, 10, one_page=True)
    with life(folder, RAPPORT_TEST_PATIENCE="2") as running:
        with Browser(running.address) as browser:
            assert browser.get("/i").status == 200  # templates are compiled: answers come at once from here on
        yield running


@pytest.fixture
def say(server):
    """Everything the server answers to these bytes until it closes or is silent for a second."""

    def send(message: bytes, wait: float = 1) -> bytes:
        with socket.create_connection(server.address, timeout=wait) as line:
            held = b""
            try:
                line.sendall(message)
                while part := line.recv(65536):
                    held += part
            except (TimeoutError, ConnectionError):
                pass
            return held

    return send


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


HIDDEN = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


ALIVE = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


def test_it_works(say):
    assert statuses(say(ALIVE, wait=30)) == [200]


@pytest.mark.parametrize(
    "message",
    [
        b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        b"POST /i HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
        b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
        b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n" + HIDDEN,
        b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
        b"POST /i HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    ],
    ids=["length and chunks", "odd coding", "two lengths", "negative", "signed", "space before colon"],
)
def test_smuggled_request_is_not_answered(say, message):
    """Contradictory lengths are refused, and what hides behind them is not taken for a request of its own."""
    answer = statuses(say(message))
    assert answer.count(200) == 0, answer


@pytest.mark.parametrize(
    "message",
    [
        b"GET /i HTTP/1.1\r\n\r\n",
        b"GET http://evil.example/i HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /i HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET /i HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET /i\r\n\r\n",
        b"GET //partnerships HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
    ids=["no host", "absolute", "other host", "tls", "version", "no version", "two slashes"],
)
def test_not_for_us(say, message):
    assert 200 not in statuses(say(message))


def test_header_of_a_megabyte(say):
    answer = say(b"GET /i HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 1_000_000 + b"\r\n\r\n")
    assert 500 not in statuses(answer)


def test_flood_of_chunk_extensions(say):
    chunk = b"1;" + b"a" * 2000 + b"\r\nx\r\n"
    answer = say(b"POST /i HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 300 + b"0\r\n\r\n")
    assert not {200, 500} & set(statuses(answer))


def test_body_beyond_the_limit_in_chunks(say):
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    head = b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    answer = statuses(say(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 12 + b"0\r\n\r\n"))
    assert answer[:1] in ([413], [])  # refused, or the line was closed while it was still being sent


def test_announced_sixty_megabytes(say):
    head = b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    assert statuses(say(head + b"Content-Length: 62914560\r\n\r\na=b"))[:1] == [413]


def test_body_that_does_not_come(say):
    """Whoever waits in the middle of a form is told, and the line is closed."""
    head = b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    answer = say(head + b"Content-Length: 500\r\n\r\nsecret=", wait=10)
    assert statuses(answer) == [408]
    assert b"too slow" in answer


@pytest.mark.parametrize("step", range(0, 600, 97))
def test_cut_after_some_bytes(say, step):
    """A form that breaks off stores nothing and leaves the server well."""
    body = b"secret=" + b"A" * 400
    head = b"POST /i HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"
    message = head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    say(message[:step], wait=0.05)
    assert statuses(say(ALIVE, wait=30)) == [200]
