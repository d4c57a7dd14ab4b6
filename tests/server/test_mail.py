"""One mail at a time: what reaches the mail server, what is refused before it, and what every answer means."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from server.mail import Letter, Outcome, Post, message_of
from server.settings import Settings
from surveys.problems import InvalidInput
from tests.post_office import open_post_office


@pytest.fixture(scope="module")
def shared_office():
    with open_post_office() as office:
        yield office


@pytest.fixture
def office(shared_office):
    shared_office.taken.clear()
    shared_office.recipients.clear()
    shared_office.at_rcpt = shared_office.at_data = lambda _address: None
    return shared_office


def letter(**given):
    usual = {"to": "dara@example.org", "subject": "Invitation", "text": "Dear Dara\n", "message_id": "m1"}
    return Letter(**{**usual, **given})


def send(office, one=None, *, ready=lambda: True, **given):
    with Post(office.settings(**given), patience=5, patience_after_body=0.4) as post:
        return post.send(one or letter(), ready)


def test_it_works(office):
    words = "ជូន\u200bចំពោះ Dara\n.\n..line\n" + "long " * 300 + "\nWord ÉÀ\n"
    answer = send(office, letter(subject="ការអញ្ជើញ : santé", text=words))
    assert answer.outcome is Outcome.SENT
    (taken,) = office.taken
    assert taken["Subject"] == "ការអញ្ជើញ : santé"
    assert taken["From"] == "Rapport <rapport@example.org>"
    assert taken["Message-ID"] == "<m1@example.org>"
    assert taken.get_content_type() == "text/plain"
    assert office.texts() == [words]
    assert office.recipients == ["dara@example.org"]


def test_plain_text_keeps_its_dots(office):
    words = ".\n..\n.hidden\nhttp://127.0.0.1/i#ABCD\n"
    send(office, letter(text=words))
    assert office.texts() == [words]


def test_attachment_arrives(office):
    send(office, letter(attachments=(("round.ics", "text/calendar", b"BEGIN:VCALENDAR\r\n"),)))
    (file,) = office.taken[0].iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("round.ics", "text/calendar")


@pytest.mark.parametrize(
    "subject", ["a\nBcc: x@example.org", "a\r\nX: y", "=?utf-8?q?=0ABcc:x?=", "a\x00b", "a\u2028b", "", "x" * 301]
)
def test_forged_subject_is_refused(subject):
    with pytest.raises(InvalidInput):
        message_of(letter(subject=subject), Settings(mail_from="r@example.org"))


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org\nBcc: c@d.org",
        '"a@b" <c@d.org>',
        "a@b.org, c@d.org",
        "a@b@c.org",
        "nobody",
        "=?x?=@b.org",
        "a b@c.org",
        "ដារ៉ា@example.org",
    ],
)
def test_forged_address_is_refused_and_nothing_sent(office, address):
    answer = send(office, letter(to=address))
    assert (answer.outcome, office.taken) == (Outcome.REFUSED, [])


def test_domain_in_other_letters(office):
    assert send(office, letter(to="dara@ministère.example")).outcome is Outcome.SENT
    assert office.recipients == ["dara@xn--ministre-60a.example"]


@pytest.mark.parametrize(
    ("said", "outcome", "code"),
    [
        ("550 5.1.1 no such user dara@example.org", Outcome.REFUSED, "550 5.1.1"),
        ("450 4.2.1 greylisted", Outcome.LATER, "450 4.2.1"),
        ("552 mailbox full", Outcome.REFUSED, "552"),
    ],
)
def test_answers_for_a_recipient(office, said, outcome, code):
    office.at_rcpt = lambda _address: said
    answer = send(office)
    assert (answer.outcome, answer.code, answer.is_trouble) == (outcome, code, False)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [("451 4.3.0 later", Outcome.LATER), ("554 5.7.1 spam", Outcome.REFUSED), ("drop", Outcome.UNCLEAR)],
)
def test_answers_after_the_body(office, said, outcome):
    office.at_data = lambda _address: said
    assert send(office).outcome is outcome


def test_silence_after_the_body_is_unclear(office):
    office.at_data = lambda _address: "silence"
    assert send(office).outcome is Outcome.UNCLEAR
    assert len(office.taken) == 1  # it did arrive: sending again would make two


def test_next_mail_after_a_refusal(office):
    office.at_rcpt = lambda address: "550 no" if address.startswith("a") else None
    with Post(office.settings()) as post:
        outcomes = [post.send(letter(to=to), lambda: True).outcome for to in ("a@b.org", "b@b.org", "a@b.org")]
    assert outcomes == [Outcome.REFUSED, Outcome.SENT, Outcome.REFUSED]


def test_lease_lost_before_the_body(office):
    assert send(office, ready=lambda: False).outcome is Outcome.NOT_OURS
    assert office.taken == []


def test_no_server_there(office):
    answer = send(office, mail_port=1)
    assert (answer.outcome, answer.is_trouble) == (Outcome.LATER, True)


def test_wrong_password_is_trouble_of_the_server(office):
    """A server that takes no logins at all: nothing is anybody's fault, and nothing is lost."""
    answer = send(office, mail_user="rapport", mail_password="wrong")
    assert (answer.outcome, answer.is_trouble) == (Outcome.LATER, True)


def test_server_without_encryption_is_not_used(office):
    assert send(office, mail_security="starttls").outcome is Outcome.LATER
    assert office.taken == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mail_from": ""}, "mail_from must look like"),
        ({"mail_from": "Rapport"}, "mail_from must look like"),
        ({"mail_returns": "nowhere"}, "mail_returns like an address"),
        ({"mail_security": "none"}, "must be starttls or tls"),
        ({"mail_port": 0}, "greater than or equal to 1"),
        ({"mail_per_minute": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_work(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Settings(**{"mail_host": "mail.example.org", "mail_from": "r@example.org", **given})


def test_password_is_never_shown():
    assert "secret-word" not in repr(Settings(mail_password="secret-word"))
