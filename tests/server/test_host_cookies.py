"""Under HTTPS every cookie has the prefix `__Host-`: a neighbouring host, or one without TLS, can plant none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from server.security import host_only, only_ours
from surveys.keystore import Keystore
from surveys.models import Invitation
from tests.factories import PASSWORD, make_account, make_round, secret_of
from tests.server.conftest import make_service, text_of

ADDRESS = "https://rapport.example.org"


@pytest.fixture
def visitor(fresh_url, fresh_engine, tmp_path):
    own = {"keystore": (tmp_path / "keys-a",), "hosts": ("rapport.example.org",)}
    app = make_service(tmp_path, database_url=fresh_url, base_url=ADDRESS, demonstration=True, **own)
    app.add_route("/falls", lambda _request: 1 / 0)
    with Session(fresh_engine) as session:
        make_account(session, "amina")
        session.commit()
    with TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False) as visitor:
        yield visitor
    app.state.engine.dispose()


def log_in(visitor):
    return visitor.post("/login", data={"email": "amina@example.org", "password": PASSWORD})


def held(visitor):
    """What the browser would send, which this test then sends by hand."""
    return dict(visitor.cookies.items())


def sent(visitor, path, cookie, **headers):
    visitor.cookies.clear()
    return visitor.get(path, headers={"Cookie": cookie, **headers})


def is_taken_by_browsers(header):
    name, *attributes = (part.strip() for part in header.split(";"))
    known = {one.casefold() for one in attributes}
    return (
        name.startswith("__Host-")
        and {"secure", "path=/", "httponly", "samesite=lax"} <= known
        and not any(one.startswith("domain") for one in known)
    )


def test_it_works(visitor):
    answer = log_in(visitor)
    assert answer.headers["location"] == "/partnerships"
    assert set(held(visitor)) == {"__Host-session", "__Host-known_browser"}
    assert all(map(is_taken_by_browsers, answer.headers.get_list("set-cookie")))
    assert visitor.get("/partnerships").status_code == 200


def test_taking_one_away_works_too(visitor):
    log_in(visitor)
    answer = visitor.post("/logout")
    (header,) = answer.headers.get_list("set-cookie")
    assert header.startswith('__Host-session="";')
    assert is_taken_by_browsers(header)
    assert "__Host-session" not in held(visitor)


def test_without_the_prefix_it_opens_nothing(visitor):
    log_in(visitor)
    token = held(visitor)["__Host-session"]
    assert sent(visitor, "/partnerships", f"__Host-session={token}").status_code == 200
    for planted in ("session", "__Secure-session", "__host-session", "__HOST-session", "__Host-__Host-session"):
        assert sent(visitor, "/partnerships", f"{planted}={token}").headers["location"] == "/login", planted


def test_a_planted_cookie_does_not_displace_ours(visitor):
    log_in(visitor)
    ours = "__Host-session=" + held(visitor)["__Host-session"]
    for cookie in (f"session=evil; {ours}", f"{ours}; session=evil", f"language=km; {ours}"):
        answer = sent(visitor, "/partnerships", cookie, **{"Accept-Language": "en"})
        assert answer.status_code == 200
        assert 'lang="en"' in answer.text


@pytest.mark.parametrize("blank", [b"\t", b"\x0b", b"\x0c", b"\x85", b"\xa0", b"\x1f", b"\xe2\x80\x80"])
def test_blanks_before_the_prefix_are_part_of_a_strangers_name(blank):
    planted = [(b"cookie", blank + b"__Host-session=evil; __Host-visit=mine")]
    assert only_ours(planted) == [(b"cookie", b"visit=mine")]


def test_nothing_of_ours_leaves_no_header():
    assert only_ours([(b"host", b"x"), (b"cookie", b"session=evil; =__Host-session; __Host"), (b"cookie", b"")]) == [
        (b"host", b"x")
    ]


def test_two_headers_stay_two():
    given = [(b"cookie", b"__Host-visit=1;__Host-language=km"), (b"cookie", b"a=1; __Host-receipt=2")]
    assert only_ours(given) == [(b"cookie", b"visit=1; language=km"), (b"cookie", b"receipt=2")]


def test_secure_is_said_once():
    assert host_only(b"a=1; Path=/; Secure") == b"__Host-a=1; Path=/; Secure"
    assert host_only(b'a=""; Path=/') == b'__Host-a=""; Path=/; Secure'


def test_a_respondent_answers_and_leaves_nothing(visitor, fresh_engine, tmp_path):
    with Session(fresh_engine) as session:
        now = datetime.now(UTC)
        keystore = Keystore([tmp_path / "keys-a"])
        asked = make_round(session, keystore, opens_at=now - timedelta(days=1), closes_at=now + timedelta(days=1))
        invited = session.exec(select(Invitation)).first()
        secret = secret_of(keystore, asked, invited)
        session.commit()
    answer = visitor.post("/i", data={"secret": secret})
    assert answer.status_code == 303
    assert "__Host-visit" in held(visitor)
    assert all(map(is_taken_by_browsers, answer.headers.get_list("set-cookie")))
    assert visitor.get("/answer", follow_redirects=True).status_code == 200
    left = visitor.post("/finish")
    assert all(map(is_taken_by_browsers, left.headers.get_list("set-cookie")))
    assert "__Host-visit" not in held(visitor)


def test_page_of_a_fault_speaks_the_chosen_language(visitor):
    visitor.post("/language", data={"language": "fr", "back": "/"})
    assert held(visitor) == {"__Host-language": "fr"}
    answer = visitor.get("/falls")
    assert answer.status_code == 500
    assert 'lang="fr"' in answer.text


def test_the_list_of_cookies_names_them_as_the_browser_does(visitor):
    page = text_of(visitor.get("/stored").text)
    assert "__Host-visit" in page
    assert "__Host-session" in page


def test_without_https_nothing_changes(client):
    answer = client.post("/language", data={"language": "fr", "back": "/"})
    (header,) = answer.headers.get_list("set-cookie")
    assert header.startswith("language=fr;")
    assert "Secure" not in header
    assert 'lang="fr"' in client.get("/login").text
