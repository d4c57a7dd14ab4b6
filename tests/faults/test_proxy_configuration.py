"""The configurations that are shipped, in a real nginx and a real Caddy: who is slow is cut, figures stay inside."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench._http import Browser
from tests.bench._service import fill, free_port
from tests.faults._field import life

SHIPPED = Path(__file__).resolve().parents[2] / "docs" / "operating"
ADMINISTRATORS = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
FRAME = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {server}
}}
"""
Address = tuple[str, int]


def nginx_text(port: int, servers: list[Address], folder: Path) -> str:
    """The shipped text on a port of ours without TLS, its waiting times shortened to one second."""
    text = (SHIPPED / "nginx.conf").read_text()
    text = re.sub(r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};", text)
    text = re.sub(r"^\s*ssl_\w+ .*;$", "", text, flags=re.MULTILINE)
    text = re.sub(r"error_log .*;", "error_log /dev/null;", text)
    text = text.replace("server_name rapport.example.org;", "server_name _;")
    lines = "\n".join(f"server {host}:{at} max_fails=2 fail_timeout=5s;" for host, at in servers)
    text = re.sub(r"server 127\.0\.0\.1:8000[^\n]*", lines, text)
    user = "user root;" if os.geteuid() == 0 else ""  # the folders of these tests are open to their owner only
    return FRAME.format(
        folder=folder, user=user, server=re.sub(r"(client_(?:header|body)_timeout) \d+s;", r"\1 1s;", text)
    )


def caddy_text(port: int, servers: list[Address], _folder: Path) -> str:
    """Likewise."""
    text = (SHIPPED / "Caddyfile").read_text()
    text = text.replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    text = text.replace("rapport.example.org {", f"http://127.0.0.1:{port} {{", 1)
    text = text.replace("reverse_proxy 127.0.0.1:8000", "reverse_proxy " + " ".join(f"{h}:{at}" for h, at in servers))
    return re.sub(r"read_header \d+s", "read_header 1s", re.sub(r"read_body \d+m", "read_body 3s", text))


def command_of(proxy: str, program: str, conf: Path, folder: Path, *, only_check: bool) -> list[str]:
    if proxy == "nginx":
        return [program, *(["-t"] if only_check else []), "-c", str(conf), "-p", str(folder)]
    return [program, "validate" if only_check else "run", "--config", str(conf), "--adapter", "caddyfile"]


@contextlib.contextmanager
def proxy_before(proxy: str, servers: list[Address], folder: Path) -> Iterator[Address]:
    program = shutil.which(proxy, path=ADMINISTRATORS)
    if program is None:
        pytest.skip(f"NO {proxy.upper()} on this machine: the shipped configuration was not tried")
    port = free_port()
    conf = folder / "shipped.conf"
    conf.write_text({"nginx": nginx_text, "caddy": caddy_text}[proxy](port, servers, folder))
    own = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    checking = command_of(proxy, program, conf, folder, only_check=True)
    checked = subprocess.run(checking, capture_output=True, text=True, env=own)
    assert checked.returncode == 0, checked.stderr
    starting = command_of(proxy, program, conf, folder, only_check=False)
    running = subprocess.Popen(starting, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=own)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield ("127.0.0.1", port)
    finally:
        running.terminate()
        running.wait(timeout=10)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    fill(folder, 10, one_page=True)
    with life(folder, RAPPORT_TEST_PATIENCE="1") as server:  # behind Caddy it is the service that cuts slow bodies
        yield server


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(request, service, tmp_path_factory):
    """A proxy before one server that lives and one that does not."""
    dead = ("127.0.0.1", free_port())
    with proxy_before(request.param, [dead, service.address], tmp_path_factory.mktemp(request.param)) as address:
        yield address


def closed_after(address, sent: bytes, patience: float = 20) -> bool:
    """Whether the proxy cuts a line on which nothing more comes."""
    with socket.create_connection(address, timeout=patience) as line:
        line.sendall(sent)
        held = b""
        while part := line.recv(4096):
            held += part
    return held == b"" or b" 408 " in held


def test_it_works(front):
    """One of the two servers is dead: nobody notices."""
    with Browser(front) as browser:
        for _ in range(4):
            answer = browser.get("/i")
            assert answer.status == 200
            browser.close()
        assert answer.headers["content-security-policy"]


def test_slow_headers_are_cut(front):
    assert closed_after(front, b"GET /i HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")


def test_slow_body_is_cut(front):
    head = b"POST /i HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    assert closed_after(front, head + b"Content-Length: 500\r\n\r\nsecret=")


@pytest.mark.parametrize("size", [300_000, 2_000_000, 2_210_000])
def test_large_body_is_refused(front, size):
    """By the service with a page of its own, from the largest document on by the proxy."""
    with Browser(front) as browser:
        assert browser.post("/i", b"a" * size).status == 413


def test_huge_body_is_not_even_taken(front):
    with socket.create_connection(front, timeout=20) as line:
        line.sendall(b"POST /i HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99000000\r\n\r\n")
        assert b" 413 " in line.recv(4096)


def test_who_sends_too_much_or_too_slowly_shuts_nobody_out(front):
    head = b"POST /i HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 50
    for sent in (b"Content-Length: 500\r\n\r\nsecret=", chunks):
        with contextlib.suppress(OSError):
            closed_after(front, head + sent, patience=4)
        with Browser(front) as browser:
            assert browser.get("/i").status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_figures_stay_inside(front, path):
    with Browser(front) as browser:
        assert browser.get(path).status in (403, 404)


def test_flood_is_limited_by_nginx(service, tmp_path):
    """Caddy has no such limit of its own: docs/operating.md says so."""
    with proxy_before("nginx", [service.address], tmp_path) as address, Browser(address) as browser:
        answers = [browser.get("/static/none").status for _ in range(300)]
    assert 429 in answers
    assert 500 not in answers


def test_nothing_about_visitors_is_written():
    nginx, caddy = ((SHIPPED / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    assert "access_log off;" in nginx
    assert not re.search(r"^\s*log\b", caddy, re.MULTILINE)


def test_both_proxies_have_every_timeout():
    nginx, caddy = ((SHIPPED / name).read_text() for name in ("nginx.conf", "Caddyfile"))
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout", "proxy_connect_timeout"):
        assert re.search(rf"{name} \d+s;", nginx)
    for name in ("read_header", "read_body", "write", "idle", "dial_timeout", "response_header_timeout"):
        assert re.search(rf"{name} \d+[sm]", caddy)
