"""/help: a text for every kind of page, in every language, one link away from each page."""

from __future__ import annotations

import html
import re

import pytest

from server.help import GENERAL, topic_of, topics
from server.languages import LANGUAGES
from tests.server import access_table as table
from tests.server.cast import routes_of
from tests.server.conftest import text_of

KHMER = re.compile("[ក-៹]")


def test_it_works(client):
    page = html.unescape(text_of(client.get("/help/contacts").text))
    assert "each fault is named by its line or cell" in page
    assert "Answering" in page


@pytest.mark.parametrize(
    ("path", "topic"),
    [
        ("/", GENERAL),
        ("/answer/part/V", "answering"),
        ("/partnerships", "partnerships"),
        ("/partnerships/new", "first_steps"),
        ("/partnerships/5/contacts", "contacts"),
        ("/partnerships/5/rounds/2/list", "list"),
        ("/partnerships/5/rounds/2/preview/V", "preview"),
        ("/partnerships/5/rounds/2", "round"),
        ("/accounts/log", "record"),
    ],
)
def test_each_page_has_its_own(path, topic):
    assert topic_of(path) == topic


def test_every_page_behind_a_login_has_help(app):
    without = set()
    for route in routes_of(app):
        line = table.find_line(route.method, route.path)
        is_page = route.method == "GET" and not re.search(r"\.[a-z]+$|\.\{|^/api", route.path)
        if line and is_page and not table.EXPECTED[line] >= table.ANYONE:
            plain = re.sub(r"\{[^}]*\}", "x", route.path)
            if topic_of(plain) == GENERAL:
                without.add(route.path)
    assert without == set(), "name these pages under a topic of server/help.toml, or write a topic for them"


@pytest.mark.parametrize("topic", sorted(topics()))
def test_in_every_language(topic):
    one = topics()[topic]
    for language in LANGUAGES:
        assert len(one.title[language]) > 2
        assert 80 < len(one.text[language]) < 600
    assert KHMER.search(one.title["km"])
    assert not re.search(r"\w [;:!?»]|« |'", one.text["fr"] + one.title["fr"])


def test_linked_from_every_page(client, log_in, amina, partnership):
    browser = log_in(amina)
    for path in ("/", "/login", "/partnerships", f"/partnerships/{partnership.id}/people"):
        assert f'href="/help/{topic_of(path)}"' in browser.get(path).text


def test_all_at_once_and_unknown(client):
    page = client.get("/help")
    assert all(f'href="/help/{code}"' in page.text for code in topics())
    assert client.get("/help/nothing").status_code == 404
    assert client.get("/help/" + "x" * 100).status_code == 404


def test_in_khmer(client):
    client.cookies.set("language", "km")
    assert "អ្នកទំនាក់ទំនង" in client.get("/help/contacts").text
