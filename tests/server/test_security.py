import stat
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient

from server.security import HEADERS, HSTS, Attempts, Sealer, is_same_origin, read_secret_key
from tests.server.conftest import make_service

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://here.example"}, False),
        ({"origin": "https://here.example"}, True),
        ({"origin": "http://here.example"}, False),
        ({"origin": "https://there.example"}, False),
        ({"origin": "https://here.example:8443"}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://["}, False),
        ({}, True),
    ],
)
def test_writes_come_from_our_pages(headers, allowed):
    assert is_same_origin(Headers({"host": "here.example", **headers}), "https") is allowed


@pytest.fixture
def https_client(tmp_path):
    app = make_service(tmp_path, base_url="https://rapport.example.org", hosts=["rapport.example.org"])
    app.add_route("/falls", lambda _request: 1 / 0)
    return TestClient(app, base_url="https://rapport.example.org", raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("HEAD", "/i", 200), ("GET", "/none", 404), ("GET", "/falls", 500), ("DELETE", "/i", 405)],
)
def test_every_answer_carries_our_headers_and_asks_for_https(https_client, method, path, status):
    answer = https_client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["strict-transport-security"] == HSTS
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert len(answer.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_proxy_asks_by_address_whether_the_service_is_well(https_client, path):
    assert https_client.get(path, headers={"host": "10.0.0.2:8000"}).status_code in (200, 503)
    assert https_client.get("/", headers={"host": "10.0.0.2:8000"}).status_code == 400


def test_refused_writes_and_hosts_carry_them_too(https_client):
    refused = https_client.post("/i", headers={"sec-fetch-site": "cross-site"})
    unknown = https_client.get("/", headers={"host": "evil.example"})
    assert (refused.status_code, unknown.status_code) == (403, 400)
    for answer in (refused, unknown):
        assert answer.headers["strict-transport-security"] == HSTS
        assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_sealed_value_opens_again():
    sealer = Sealer(bytes(32))
    assert sealer.unseal("visit", sealer.seal("visit", {"secret": "ក"})) == {"secret": "ក"}


def test_sealed_value_serves_one_purpose():
    sealer = Sealer(bytes(32))
    assert sealer.unseal("session", sealer.seal("visit", {"a": 1})) is None


@pytest.mark.parametrize("forged", ["", None, "AAAA", "ក", "not base64 !", "A" * 8192])
def test_forged_value_opens_nothing(forged):
    assert Sealer(bytes(32)).unseal("visit", forged) is None


def test_other_key_opens_nothing():
    assert Sealer(b"1" * 32).unseal("visit", Sealer(b"2" * 32).seal("visit", {"a": 1})) is None


def test_changed_value_opens_nothing():
    sealed = Sealer(bytes(32)).seal("visit", {"a": 1})
    changed = sealed[:-3] + ("A" if sealed[-3] != "A" else "B") + sealed[-2:]
    assert Sealer(bytes(32)).unseal("visit", changed) is None


def test_secret_key_is_private_and_kept(tmp_path):
    path = tmp_path / "new" / "secret-key"
    key = read_secret_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_secret_key(path) == key


def test_damaged_secret_key_is_refused(tmp_path):
    path = tmp_path / "secret-key"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="not a key of 32 bytes"):
        read_secret_key(path)


def test_attempts_run_out_and_come_back():
    attempts = Attempts(limit=2, window=timedelta(minutes=15))
    attempts.note("amina", NOON)
    assert attempts.may_try("amina", NOON)
    attempts.note("amina", NOON)
    assert not attempts.may_try("amina", NOON)
    assert attempts.may_try("someone else", NOON)
    assert attempts.may_try("amina", NOON + timedelta(minutes=16))


@pytest.mark.parametrize("path", ["/", "/login", "/answer", "/nothing", "/static/nothing", "/partnerships"])
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    for name, value in HEADERS.items():
        if name != "Cache-Control":  # files that never change may be kept
            assert headers[name] == value, name
    assert "unsafe" not in headers["Content-Security-Policy"]
