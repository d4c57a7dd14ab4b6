import stat
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers

from server.security import HEADERS, Attempts, Sealer, is_same_origin, read_secret_key

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
        ({}, True),
    ],
)
def test_writes_come_from_our_pages(headers, allowed):
    assert is_same_origin(Headers({"host": "here.example", **headers}), "https") is allowed


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
