"""The configuration of nginx that is shipped, in a real nginx: who is slow is cut, who is many is limited."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.bench._http import Browser
from tests.bench._service import fill, free_port
from tests.faults._field import life

SHIPPED = Path(__file__).resolve().parents[2] / "docs" / "operating"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
FRAME = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {server}
}}
"""


def adapted(port: int, servers: list[tuple[str, int]]) -> str:
    """The shipped text on a port of ours without TLS, its waiting times shortened to one second."""
    text = (SHIPPED / "nginx.conf").read_text()
    text = re.sub(r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};", text)
    text = re.sub(r"^\s*ssl_\w+ .*;$", "", text, flags=re.MULTILINE)
    text = re.sub(r"error_log .*;", "error_log /dev/null;", text)
    text = text.replace("server_name rapport.example.org;", "server_name _;")
    lines = "\n".join(f"server {host}:{at} max_fails=2 fail_timeout=5s;" for host, at in servers)
    text = re.sub(r"server 127\.0\.0\.1:8000[^\n]*", lines, text)
    return re.sub(r"(client_(?:header|body)_timeout) \d+s;", r"\1 1s;", text)


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    """nginx before one server that lives and one that does not."""
    if NGINX is None:
        pytest.skip("NO NGINX on this machine: the shipped configuration was not tried")
    folder = tmp_path_factory.mktemp("nginx")
    fill(folder, 10, one_page=True)
    port = free_port()
    with life(folder) as server:
        conf = folder / "nginx.conf"
        conf.write_text(FRAME.format(folder=folder, server=adapted(port, [("127.0.0.1", free_port()), server.address])))
        checked = subprocess.run([NGINX, "-t", "-c", conf, "-p", folder], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        running = subprocess.Popen([NGINX, "-c", conf, "-p", folder], stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield ("127.0.0.1", port)
        running.terminate()
        running.wait(timeout=10)


def closed_after(address, sent: bytes) -> bool:
    """Whether the proxy cuts a line on which nothing more comes."""
    with socket.create_connection(address, timeout=20) as line:
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


def test_large_body_is_refused(front):
    with Browser(front) as browser:
        assert browser.post("/i", b"a" * 2_500_000).status == 413


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_figures_stay_inside(front, path):
    with Browser(front) as browser:
        assert browser.get(path).status == 403


def test_flood_is_limited(front):
    with Browser(front) as browser:
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
    for name in ("read_header", "read_body", "dial_timeout", "response_header_timeout"):
        assert re.search(rf"{name} \d+s", caddy)
