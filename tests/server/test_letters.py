"""Invitation letters: /letters. Printed once, by a trustee or a representative, never by the facilitator."""

from __future__ import annotations

import html
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
from sqlmodel import select

from server.deps import get_settings
from server.settings import Settings
from surveys import accounts, mailings, rounds
from surveys.invitations import personal_secret
from surveys.models import AuditEntry
from tests.factories import make_account, make_round
from tests.server.conftest import text_of


@pytest.fixture
def opened(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership)


@pytest.fixture
def page(partnership):
    return f"/partnerships/{partnership.id}/rounds/1"


@pytest.fixture
def seated(session, partnership):
    def account(role, name=""):
        made = make_account(session, name or role)
        accounts.entrust(session, made, partnership.id, role=role)
        session.flush()
        return made

    return account


def pages_of(content):
    document = pypdfium2.PdfDocument(BytesIO(content))
    return [one.get_textpage().get_text_bounded() for one in document]


def test_it_works(log_in, session, keystore, opened, page, seated):
    people = list(rounds.invitations_of(session, opened))
    people[0].person, people[0].language = "សុខ ដារ៉ា", "km"
    people[1].person = "<b>Anna</b> #let x = 1 {{7*7}} " + "long " * 30
    session.flush()
    browser = log_in(seated("trustee"))
    assert "Print the letters" in browser.get(page).text
    answer = browser.post(f"{page}/letters")
    assert answer.headers["content-type"] == "application/pdf"
    printed = pages_of(answer.content)
    assert len(printed) == len(people) == 8
    keys = keystore.load(opened.id)
    for one in people:
        code = personal_secret(keys, one.id)
        assert sum(code in text.replace("\n", "") for text in printed) == 1
    assert any("#let x = 1 {{7*7}}" in text.replace("\r\n", " ") for text in printed)
    (entry,) = session.exec(select(AuditEntry).where(AuditEntry.act == "printed the invitation letters")).all()
    assert entry.actor == "trustee@example.org"


def test_facilitator_cannot(log_in, amina, seated, opened, page):
    browser = log_in(amina)
    assert "Print the letters" not in browser.get(page).text
    assert browser.post(f"{page}/letters").status_code == 404
    assert log_in(seated("reader")).post(f"{page}/letters").status_code == 404


def test_once_by_one_person(log_in, clock, seated, opened, page):
    first, second = seated("trustee"), seated("trustee", "second")
    assert log_in(first).post(f"{page}/letters").status_code == 200
    clock.now += timedelta(minutes=10)
    assert log_in(first).post(f"{page}/letters").status_code == 200  # the printer was empty
    refused = log_in(second).post(f"{page}/letters")
    assert refused.status_code == 409
    assert "The letters were printed before, by trustee@example.org." in html.unescape(text_of(refused.text))
    clock.now += timedelta(minutes=10)
    assert log_in(first).post(f"{page}/letters").status_code == 409


def test_with_a_mail_server_only_who_is_not_reached(app, log_in, session, opened, page, seated):
    settings = Settings(mail_host="127.0.0.1", mail_security="none", mail_from="r@example.org")
    browser = log_in(seated("trustee"))
    app.dependency_overrides[get_settings] = lambda: settings
    refused = browser.post(f"{page}/letters")
    assert "Nobody needs a letter" in refused.text
    person = next(iter(rounds.invitations_of(session, opened)))
    (mailing,) = [one for one in mailings.of_round(session, opened) if one.kind == "invitation"]
    mailings.note_delivery(session, mailing, person, "refused", "550")
    session.flush()
    printed = pages_of(browser.post(f"{page}/letters").content)
    assert len(printed) == 1
    assert person.person in printed[0].replace("\r\n", " ")


def test_with_a_mail_server_exactly_who_has_no_address(app, log_in, session, opened, page, seated):
    settings = Settings(mail_host="127.0.0.1", mail_security="none", mail_from="r@example.org")
    without = [one for at, one in enumerate(rounds.invitations_of(session, opened)) if at in (1, 4, 6)]
    for one in without:
        one.email = None
    session.flush()
    browser = log_in(seated("trustee"))
    app.dependency_overrides[get_settings] = lambda: settings
    assert "3 people get a printed letter instead of mails." in text_of(browser.get(page).text)
    printed = [text.replace("\r\n", " ") for text in pages_of(browser.post(f"{page}/letters").content)]
    assert len(printed) == 3
    assert all(any(one.person in text for text in printed) for one in without)
    assert "get a printed letter" not in browser.get(page).text  # done, and on record


def test_gone_people_get_no_letter(log_in, session, opened, page, seated):
    next(iter(rounds.invitations_of(session, opened))).gone = True
    session.flush()
    assert len(pages_of(log_in(seated("trustee")).post(f"{page}/letters").content)) == 7


@pytest.mark.parametrize("state", ["prepared", "closed", "released", "cancelled"])
def test_only_while_open(log_in, session, opened, page, seated, state):
    opened.state = state
    session.flush()
    assert log_in(seated("trustee")).post(f"{page}/letters").status_code == 409


def test_stranger_finds_nothing(log_in, stranger, opened, page):
    assert log_in(stranger).post(f"{page}/letters").status_code == 404
    assert log_in(stranger).post(f"{page[:-1]}9/letters").status_code == 404
