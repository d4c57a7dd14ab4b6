"""Signing by a personal link: no account, one page for everything, once."""

from __future__ import annotations

import html
import re

import pytest

from surveys import charter, charter_versions, partnerships, signing
from tests.factories import NOW
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def asked_to_sign(session, partnership):
    """An amendment is being signed; the last partner is asked by link."""
    draft = charter_versions.begin_draft(session, partnership, reason="Faster answers")
    charter_versions.write_section(session, draft, "vision", {"vision": "Rain for all"}, today=NOW.date())
    signing.put_to_signature(session, draft, on=NOW.date())
    *others, last = signing.unsigned(session, draft, NOW.date())
    for one in others:
        signing.sign_by_account(session, draft, one.id, person="Head", on=NOW.date())
    _, secret = signing.ask(session, draft, last.id, person="Sokha Chan", on=NOW.date())
    session.flush()
    return draft, last, secret


def digest_in(page):
    return re.search(r'name="digest" value="([0-9a-f]{64})"', page.text)[1]


def test_it_works(client, session, partnership, asked_to_sign):
    draft, last, secret = asked_to_sign
    assert client.post("/sign", data={"secret": secret.lower()}).headers["location"] == "/sign/charter"
    page = client.get("/sign/charter")
    assert f"version 2 for {last.name}" in read(page)
    assert "Now: Rain for all" in read(page)
    assert draft.state == "signing", "reading signs nothing"
    done = client.post("/sign/charter", data={"person": "Sokha Chan, director", "digest": digest_in(page)})
    assert "It was the last signature: the charter is in force." in read(done)
    assert charter.in_force(session, partnership.id) == draft
    assert charter.signatures(session, draft)[last.id].way == "link"


def test_a_used_link_is_closed(client, asked_to_sign):
    _, _, secret = asked_to_sign
    client.post("/sign", data={"secret": secret})
    page = client.get("/sign/charter")
    client.post("/sign/charter", data={"person": "Sokha", "digest": digest_in(page)})
    assert client.post("/sign", data={"secret": secret}).status_code == 410
    assert client.get("/sign/charter").headers["location"] == "/sign"


def test_a_scanner_that_posts_the_link_signs_nothing(client, session, asked_to_sign):
    draft, last, secret = asked_to_sign
    for _ in range(3):
        client.post("/sign", data={"secret": secret})
        client.get("/sign/charter")
    assert last.id not in charter.signed_by(session, draft)


@pytest.mark.parametrize("secret", ["", "nonsense", "0000-0000-0000-0000-0000-0000", "x" * 400])
def test_unknown_links_are_told_alike(client, secret):
    page = client.post("/sign", data={"secret": secret})
    assert page.status_code == 410
    assert "This link is not open." in read(page)


def test_another_text_is_not_signed(client, session, asked_to_sign):
    draft, last, secret = asked_to_sign
    client.post("/sign", data={"secret": secret})
    assert client.post("/sign/charter", data={"person": "Sokha", "digest": "0" * 64}).status_code == 303
    assert last.id not in charter.signed_by(session, draft)


@pytest.mark.parametrize("person", ["", "  ", "x" * 300, "a\nb\x07"])
def test_a_signature_needs_a_name(client, session, asked_to_sign, person):
    draft, last, secret = asked_to_sign
    client.post("/sign", data={"secret": secret})
    page = client.post("/sign/charter", data={"person": person, "digest": draft.digest})
    assert page.status_code == 422
    assert last.id not in charter.signed_by(session, draft)


def test_a_withdrawn_text_cannot_be_signed(client, asked_to_sign):
    draft, _, secret = asked_to_sign
    client.post("/sign", data={"secret": secret})
    signing.withdraw(draft)
    assert client.post("/sign/charter", data={"person": "S", "digest": draft.digest}).headers["location"] == "/sign"


def test_who_left_meanwhile_cannot_sign(client, session, partnership, asked_to_sign):
    draft, last, secret = asked_to_sign
    member, _ = partnerships.get_member(session, partnership.id, last.id, NOW.date())
    member.left_on = member.joined_on
    session.flush()
    client.post("/sign", data={"secret": secret})
    page = client.post("/sign/charter", data={"person": "Sokha", "digest": draft.digest})
    assert page.status_code == 422
    assert not charter.signatures(session, draft)[last.id].way
