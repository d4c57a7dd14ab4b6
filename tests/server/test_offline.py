"""/offline, /offline/key, /worker.js: asked for by a respondent, offered only where browsers allow it, taken back."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from server.app import create_app
from server.assets import STATIC
from server.routes import offline
from server.settings import Settings
from tests.factories import share_fonts
from tests.server.conftest import text_of


def ask(person, wanted="on"):
    return person.browser.post("/offline", data={"wanted": wanted})


def test_it_works(invited):
    person = invited()
    answer = ask(person)
    assert (answer.status_code, answer.headers["location"]) == (303, "/offline")
    assert "HttpOnly" in answer.headers["set-cookie"]
    page = person.see("/answer/part/V").text
    assert "/static/offline." in page
    assert 'id="offline" role="status"' in page


def test_says_what_it_means_before(invited):
    said = html.unescape(text_of(invited().see("/offline").text))
    for words in (
        "On a shared phone or computer, whoever unlocks it while this page is open can read what waits",
        "Only what the page calls saved or sent has arrived. If you clear the data of this browser",
        "What arrives later than 60 minutes after closing is not stored, and the page says so.",
        "delete everything that was kept here.",
    ):
        assert words in said


def test_nothing_of_it_is_loaded_unasked(invited):
    person = invited()
    for path in ("/answer", "/answer/part/V", "/answer/review", "/offline"):
        page = person.see(path).text
        assert "/static/offline." not in page
        assert 'id="offline"' not in page


def test_key_belongs_to_link_and_browser(invited, app):
    first, second = invited(0), invited(1)
    for person in (first, second):
        ask(person)
    keys = [person.browser.post("/offline/key").text for person in (first, first, second)]
    assert keys[0] == keys[1] != keys[2]
    assert bytes.fromhex(keys[0])
    assert len(keys[0]) == 64
    assert first.secret not in keys[0]
    assert keys[0] not in first.see("/answer").text


def test_key_only_where_it_was_asked_for(invited, client):
    assert invited().browser.post("/offline/key").status_code == 404
    assert client.post("/offline/key").status_code == 403
    assert client.get("/offline/key").status_code == 405
    assert client.post("/offline/key", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_no_key_after_closing(invited, asked, clock):
    person = invited()
    ask(person)
    clock.now = asked.closes_at + timedelta(minutes=61)
    assert person.browser.post("/offline/key").status_code == 410


@pytest.mark.parametrize("way", ["off", "finish", "hand in"])
def test_taken_back(invited, way):
    person = invited()
    ask(person)
    acts = {"off": lambda: ask(person, "off"), "finish": lambda: person.browser.post("/finish")}
    answer = acts.get(way, person.hand_in)()
    assert answer.headers["clear-site-data"] == '"storage"'
    assert "offline" not in person.browser.cookies
    assert person.browser.post("/offline/key").status_code in (403, 404)


def test_twice_and_made_up(invited):
    person = invited()
    for wanted in ("on", "on", "off", "off", "", "maybe"):
        assert ask(person, wanted).status_code == 303


def test_without_a_link(client):
    assert client.get("/offline").status_code == 403
    assert client.post("/offline", data={"wanted": "on"}).status_code == 403


@pytest.mark.parametrize("path", ["/offline/none", "/offline/left", "/worker.js"])
def test_what_is_kept_in_clear_says_nothing_about_anybody(invited, client, path):
    person = invited()
    ask(person)
    page = person.see(path)
    assert page.status_code == client.get(path).status_code == 200
    for word in (person.secret, person.invitation.person, person.invitation.email):
        assert word not in page.text


def test_worker_obeys_the_policy(client):
    answer = client.get("/worker.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]


def test_scripts_write_no_markup():
    """What a page or an answer says never becomes markup on the way through these scripts."""
    for name in ("worker.js", "page.js"):
        script = (STATIC / "offline" / name).read_text(encoding="utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacent", "eval(", "document.write", "localStorage"):
            assert forbidden not in script


@pytest.mark.parametrize(
    ("base_url", "host", "offered"),
    [
        ("https://rapport.example.org", "rapport.example.org", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "localhost:8000", True),
        ("http://127.0.0.1:8000", "192.168.1.5:8000", False),
        ("http://127.0.0.1:8000", "rapport.example.org", False),
    ],
)
def test_not_on_plain_http(tmp_path, base_url, host, offered):
    """A laptop that serves a meeting over plain http: browsers would refuse, so it is not offered."""
    share_fonts(tmp_path)
    hosts = ("127.0.0.1", "localhost", "192.168.1.5", "rapport.example.org")
    settings = Settings(var_dir=tmp_path, base_url=base_url, hosts=hosts, secret_key_file=tmp_path / "key")
    app = create_app(settings)
    app.add_route("/probe", lambda request: PlainTextResponse(str(offline.may_be_offered(request))))
    assert TestClient(app, base_url=f"http://{host}").get("/probe").text == str(offered)
