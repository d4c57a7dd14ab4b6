"""GET and POST /account/tokens, POST /account/tokens/{id}/revoke: shown once, stored as a digest, its owner's alone."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import accounts, api_tokens
from surveys.models import ApiToken, AuditEntry
from tests.factories import make_partnership
from tests.server.conftest import text_of

PATH = "/account/tokens"


def begun_in(page):
    return re.search(r'name="begun" value="([^"]+)"', page.text)[1]


def made(browser, **given):
    form = {"begun": begun_in(browser.get(PATH)), "name": "My script", "opens": "", "days": "90", **given}
    return browser.post(PATH, data=form)


def secret_in(page):
    return re.search(r'<code id="token">(rapport_[\w-]+)</code>', page.text)[1]


def rows(session):
    return session.exec(select(ApiToken)).all()


def test_it_works(log_in, amina, session, partnership, clock):
    browser = log_in(amina)
    secret = secret_in(made(browser))
    (row,) = rows(session)
    assert (row.account_id, row.name, row.partnership_id) == (amina.id, "My script", None)
    assert (row.created_on, row.ends_on) == (clock.now.date(), clock.now.date() + timedelta(days=90))
    assert row.token_hash == hashlib.sha256(secret.encode()).hexdigest()
    answer = browser.get("/api/v1/partnerships", headers={"Authorization": f"Bearer {secret}"})
    assert [one["code"] for one in answer.json()["items"]] == [partnership.code]


def test_it_is_shown_once_and_stored_nowhere(log_in, amina, session):
    browser = log_in(amina)
    secret = secret_in(made(browser))
    assert "rapport_" not in browser.get(PATH).text.replace(secret[:8] + "...", "")
    for table in (ApiToken, AuditEntry):
        for row in session.exec(select(table)):
            assert secret not in str(row.model_dump())


def test_sent_twice_is_one_token(log_in, amina, session):
    browser = log_in(amina)
    begun = begun_in(browser.get(PATH))
    first, second = made(browser, begun=begun), made(browser, begun=begun)
    assert secret_in(first) == secret_in(second)
    assert len(rows(session)) == 1


def test_two_forms_are_two_tokens(log_in, amina, session):
    browser = log_in(amina)
    assert secret_in(made(browser)) != secret_in(made(browser))
    assert len(rows(session)) == 2


def test_for_one_partnership(log_in, amina, session, partnership):
    made(log_in(amina), opens=str(partnership.id))
    assert rows(session)[0].partnership_id == partnership.id


@pytest.mark.parametrize("opens", ["nonsense", "9b2f6c1e-5d3a-4f70-8e21-0c4d7a91b356"])
def test_a_partnership_without_a_seat(log_in, amina, session, opens):
    other = make_partnership(session)
    for wanted in (opens, str(other.id)):
        assert made(log_in(amina), opens=wanted).status_code == 422
    assert not rows(session)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\u202eb", "x" * 999])
def test_a_name_that_cannot_be_shown(log_in, amina, session, name):
    answer = made(log_in(amina), name=name)
    assert answer.status_code == 422
    assert "nothing was made" in text_of(answer.text)
    assert not rows(session)


@pytest.mark.parametrize("days", ["0", "-1", "366", "100000", "x"])
def test_other_lengths(log_in, amina, session, days):
    assert made(log_in(amina), days=days).status_code == 422
    assert not rows(session)


@pytest.mark.parametrize("begun", ["", "short", "x" * 65])
def test_a_form_of_somebody_elses(log_in, amina, session, begun):
    assert made(log_in(amina), begun=begun).status_code == 422
    assert not rows(session)


def test_revoked_it_opens_nothing(log_in, amina, session):
    browser = log_in(amina)
    secret = secret_in(made(browser))
    (row,) = rows(session)
    assert browser.post(f"{PATH}/{row.id}/revoke").headers["location"] == PATH
    assert browser.get("/api/v1/partnerships", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert browser.post(f"{PATH}/{row.id}/revoke").status_code == 404
    assert not rows(session)


def test_nobody_revokes_or_sees_another_ones(log_in, amina, stranger, session):
    made(log_in(amina), name="Only hers")
    (row,) = rows(session)
    browser = log_in(stranger)
    assert browser.post(f"{PATH}/{row.id}/revoke").status_code == 404
    assert "Only hers" not in browser.get(PATH).text
    assert len(rows(session)) == 1


def test_the_same_form_of_two_people_makes_two_tokens(log_in, amina, stranger, session):
    begun = begun_in(log_in(amina).get(PATH))
    assert secret_in(made(log_in(amina), begun=begun)) != secret_in(made(log_in(stranger), begun=begun))


def test_there_is_a_limit(log_in, amina, session, monkeypatch):
    monkeypatch.setattr("server.routes.tokens.MOST", 1)
    browser = log_in(amina)
    begun = begun_in(browser.get(PATH))
    assert made(browser, begun=begun).status_code == 200
    assert made(browser).status_code == 422
    assert made(browser, begun=begun).status_code == 200  # the same form again shows its token


def test_making_and_revoking_are_on_record(log_in, amina, session):
    browser = log_in(amina)
    made(browser)
    (row,) = rows(session)
    browser.post(f"{PATH}/{row.id}/revoke")
    acts = [(one.actor, one.act, one.subject) for one in session.exec(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts[-2:] == [
        (amina.email, "made an API token", f"token {row.id}"),
        (amina.email, "revoked an API token", f"token {row.id}"),
    ]


def test_a_lost_seat_leaves_a_readable_page(log_in, amina, session, partnership):
    browser = log_in(amina)
    made(browser, opens=str(partnership.id))
    session.delete(accounts.find_seat(session, amina, partnership.id))
    session.flush()
    page = browser.get(PATH)
    assert page.status_code == 200
    assert "My script" in page.text


def test_ended_tokens_say_so(log_in, amina, session, clock):
    api_tokens.create(
        session, amina, "rapport_x", name="Old", partnership_id=None, today=clock.now.date() - timedelta(90), days=30
    )
    assert "ended on" in text_of(log_in(amina).get(PATH).text)


def test_nobody_is_sent_to_the_login(client):
    assert client.get(PATH).headers["location"].startswith("/login")
    assert client.post(PATH, data={"begun": "x" * 20}).headers["location"].startswith("/login")
