"""Mail that came back: invitations are noted, reminders are not; strange files do no harm."""

from __future__ import annotations

import mailbox

import pytest

from server.bounces import read_returned
from surveys import mailings, rounds
from tests.factories import make_round

REPORT = """\
From: MAILER-DAEMON@mail.example.org
To: returns@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; dara@example.org
Action: {action}
Status: {status}

--b
Content-Type: {kind}

Message-ID: <{original}@example.org>
Subject: Water: your answers
To: dara@example.org

--b--
"""


@pytest.fixture
def asked(session, keystore):
    return make_round(session, keystore)


@pytest.fixture
def person(session, asked):
    return next(iter(rounds.invitations_of(session, asked)))


def report(tmp_path, original, *, action="failed", status="5.1.1", kind="message/rfc822", name="1.eml"):
    path = tmp_path / name
    path.write_text(REPORT.format(original=original, action=action, status=status, kind=kind))
    return path


def noted(session, asked):
    return [(one.outcome, one.code) for one in mailings.troubles(session, asked).values()]


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_it_works(session, tmp_path, asked, person, kind):
    path = report(tmp_path, f"invitation.1.{person.id.hex}", kind=kind)
    for _ in range(2):
        counted = read_returned(session, [path])
        session.flush()
        assert (counted.returned, counted.passed_over) == (1, 0)
    assert noted(session, asked) == [("returned", "5.1.1")]


def test_reminders_leave_no_trace(session, tmp_path, asked):
    counted = read_returned(session, [report(tmp_path, "0123456789abcdef0123456789abcdef")])
    assert (counted.returned, counted.passed_over) == (0, 1)
    assert noted(session, asked) == []


@pytest.mark.parametrize("given", [{"action": "delayed"}, {"status": "4.2.1"}, {"action": "delivered"}])
def test_what_may_still_arrive(session, tmp_path, asked, person, given):
    counted = read_returned(session, [report(tmp_path, f"invitation.1.{person.id.hex}", **given)])
    assert (counted.returned, noted(session, asked)) == (0, [])


def test_only_while_the_round_is_open(session, tmp_path, asked, person):
    asked.state = "closed"
    session.flush()
    assert read_returned(session, [report(tmp_path, f"invitation.1.{person.id.hex}")]).returned == 0


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe", b"From nobody\n\nhello", b"Message-ID: <invitation.1.zz@x>\n\n", b"A" * 100_000]
)
def test_strange_files(session, tmp_path, asked, content):
    path = tmp_path / "strange"
    path.write_bytes(content)
    assert read_returned(session, [path]).returned == 0


def test_folders_and_mailboxes(session, tmp_path, asked, person):
    folder = tmp_path / "Maildir" / "new"
    folder.mkdir(parents=True)
    path = report(folder, f"invitation.1.{person.id.hex}")
    box = mailbox.mbox(tmp_path / "box")
    box.add(path.read_bytes())
    box.add(b"Subject: hello\n\nOut of office until Monday\n")
    box.close()
    assert read_returned(session, [tmp_path / "Maildir"]).returned == 1
    counted = read_returned(session, [tmp_path / "box"])
    assert (counted.returned, counted.passed_over) == (1, 1)
