"""A partnership's own words of its mails: /mails, /mails/{kind}/{language}, /standard, /test."""

from __future__ import annotations

import html

import pytest
from sqlmodel import select

from server.mail_texts import KINDS, standard_text
from surveys.models import MailText, PlainMail
from tests.server.conftest import text_of

GOOD = standard_text("invitation", "en")


def read(page):
    return html.unescape(text_of(page.text))


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/mails{rest}"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def own(session):
    return session.exec(select(MailText)).all()


def test_it_works(as_amina, session, partnership):
    page = address(partnership, "/invitation/en")
    assert f'href="{page}"' in as_amina.get(address(partnership)).text
    answer = as_amina.post(page, data={"subject": "Hello {person}", "body": GOOD.body + "Yours, {organization}"})
    assert answer.status_code == 303
    shown = read(as_amina.get(answer.headers["location"]))
    assert "Saved. From now on this mail says so." in shown
    assert "Hello Sok Dara" in shown
    (kept,) = own(session)
    assert (kept.kind, kept.language, kept.subject) == ("invitation", "en", "Hello {person}")
    assert "own words" in read(as_amina.get(address(partnership)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "km", "fr"])
def test_every_text_has_a_page(as_amina, partnership, kind, language):
    page = as_amina.get(address(partnership, f"/{kind}/{language}"))
    assert page.status_code == 200
    assert "{" not in read(page).split("As it arrives")[1]


@pytest.mark.parametrize("lost", ["link", "confidentiality", "reminders"])
def test_what_protects_cannot_be_removed(as_amina, session, partnership, lost):
    body = GOOD.body.replace(f"{{{lost}}}", "")
    answer = as_amina.post(address(partnership, "/invitation/en"), data={"subject": "Hello", "body": body})
    assert answer.status_code == 422
    assert f"“{{{lost}}}”" in read(answer)
    assert "must stay in the text." in read(answer)
    assert own(session) == []


def test_unknown_placeholder(as_amina, session, partnership):
    form = {"subject": "Hello", "body": GOOD.body + "{{7*7}} {password}"}
    answer = as_amina.post(address(partnership, "/invitation/en"), data=form)
    assert answer.status_code == 422
    assert "“{password}” is not a placeholder of this mail." in read(answer)
    assert "{password}" in answer.text  # what was typed is still there
    assert own(session) == []


def test_preview_saves_nothing(as_amina, session, partnership):
    form = {"subject": "Look", "body": GOOD.body + "<script>alert(1)</script>", "act": "preview"}
    answer = as_amina.post(address(partnership, "/invitation/en"), data=form)
    assert answer.status_code == 200
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert own(session) == []


def test_too_long_is_refused(as_amina, session, partnership):
    form = {"subject": "Hello", "body": GOOD.body + "x" * 40_000}
    answer = as_amina.post(address(partnership, "/invitation/en"), data=form)
    assert answer.status_code == 422
    assert "The text has at most 6000 characters" in read(answer)
    form["body"] = "x" * 60_000
    assert as_amina.post(address(partnership, "/invitation/en"), data=form).status_code == 422
    assert own(session) == []


@pytest.mark.parametrize("subject", ["", "a =?utf-8?q?x?=", "Hello {link}"])
def test_subjects_that_cannot_be(as_amina, session, partnership, subject):
    form = {"subject": subject, "body": GOOD.body}
    assert as_amina.post(address(partnership, "/invitation/en"), data=form).status_code == 422


def test_back_to_the_standard(as_amina, session, partnership):
    page = address(partnership, "/invitation/en")
    as_amina.post(page, data={"subject": "Own", "body": GOOD.body})
    for _ in range(2):
        assert as_amina.post(f"{page}/standard").status_code == 303
    assert own(session) == []
    as_amina.post(page, data={"subject": GOOD.subject, "body": GOOD.body.replace("\n", "\r\n")})
    assert own(session) == []  # what is the standard text is not kept as one's own


def test_test_mail(as_amina, session, partnership):
    for _ in range(2):
        as_amina.post(address(partnership, "/reminder/fr/test"))
    (mail,) = session.exec(select(PlainMail)).all()
    assert mail.recipient == "amina@example.org"
    assert "Bonjour Sok Dara" in mail.text


@pytest.mark.parametrize("rest", ["/letter/en", "/invitation/de", "/again/en", "/invitation/en/x"])
def test_unknown_text(as_amina, partnership, rest):
    assert as_amina.get(address(partnership, rest)).status_code == 404


def test_stranger_finds_nothing(log_in, session, stranger, partnership):
    browser = log_in(stranger)
    assert browser.get(address(partnership)).status_code == 404
    page = address(partnership, "/invitation/en")
    assert browser.get(page).status_code == 404
    assert browser.post(page, data={"subject": "Hello", "body": GOOD.body}).status_code == 404
    assert browser.post(f"{page}/test").status_code == 404
    assert browser.post(f"{page}/standard").status_code == 404
    assert own(session) == []
