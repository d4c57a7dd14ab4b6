"""GET /accessibility: open to everybody, in the footer of every page, and true."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from server.accessibility import GAPS, TESTED
from tests.server.conftest import text_of

ROOT = Path(__file__).resolve().parents[2]


def test_it_works(client):
    page = client.get("/accessibility")
    assert page.status_code == 200
    said = html.unescape(text_of(page.text))
    for sentence in (*(one.sentence for one in TESTED), *GAPS):
        assert sentence in said


@pytest.mark.parametrize("path", ["/", "/i", "/login", "/privacy", "/stored", "/accessibility", "/nothing"])
def test_every_page_leads_to_it(client, path):
    assert 'href="/accessibility"' in client.get(path).text


@pytest.mark.parametrize("place", sorted({place for one in TESTED for place in one.tests}))
def test_the_tests_it_speaks_of_exist(place):
    path, _, name = place.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
