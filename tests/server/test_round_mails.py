"""The mails of a round: /mails, /mails/plan, /mails/test, /mails/again, /mails/agreed, /mails/shown, /calendar.ics."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.deps import get_settings
from server.settings import Settings
from surveys import accounts, ballots, commitments, discussions, mailings, rounds
from surveys.models import Mailing, PlainMail
from tests.factories import make_account, make_partnership, make_round, payload_of
from tests.server.conftest import text_of

ACTS = ("plan", "test", "again", "agreed")


def read(page):
    return html.unescape(text_of(page.text))


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/rounds/1{rest}"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def prepared(session, keystore, partnership, now):
    opens_at, closes_at = now + timedelta(days=1), now + timedelta(days=15)
    return make_round(
        session, keystore, partnership=partnership, state="prepared", opens_at=opens_at, closes_at=closes_at
    )


@pytest.fixture
def opened(session, keystore, partnership, now):
    return make_round(session, keystore, partnership=partnership, opens_at=now, closes_at=now + timedelta(days=14))


@pytest.fixture
def with_server(app):
    settings = Settings(mail_host="127.0.0.1", mail_security="none", mail_from="r@example.org")
    app.dependency_overrides[get_settings] = lambda: settings


def of_kind(session, round_, kind):
    return [one for one in mailings.of_round(session, round_) if one.kind == kind]


def test_it_works(as_amina, partnership, opened):
    page = read(as_amina.get(address(partnership, "/mails")))
    assert "Invitation 15 June 2026, 16:00 (Phnom Penh, +0700) planned" in page
    assert "Reminder 22 June 2026, 16:00" in page
    assert "No mail server is set up." in page
    assert "Reminders go by themselves to those who have not handed in yet: 22 June 2026, 27 June 2026." in page


def test_numbers_and_never_names(as_amina, session, keystore, partnership, opened, with_server):
    """Four reminders sent, and a page that is the same whoever of the people answered."""
    keys = keystore.load(opened.id)
    people = list(rounds.invitations_of(session, opened))
    reminder = of_kind(session, opened, "reminder")[0]
    reminder.sent = 4
    session.flush()
    before = as_amina.get(address(partnership, "/mails")).text
    assert "4 mails sent" in before
    for one in people[:4]:
        ballots.cast(session, opened, keys, one.id, payload_of(one, T1=5))
    assert as_amina.get(address(partnership, "/mails")).text == before


def test_plan_is_set_and_told(as_amina, session, partnership, prepared):
    answer = as_amina.post(address(partnership, "/mails/plan"), data={"days": "10; 3", "to": "everybody"})
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, "/mails"))
    plan = mailings.plan_of(session, prepared)
    assert (plan.reminders, plan.everybody, plan.by_mail) == ([10, 3], True, True)
    page = read(as_amina.get(address(partnership)))
    assert "A reminder is sent: 20 June 2026, 16:00" in page
    assert "A reminder is sent: 27 June 2026, 16:00" in page


def test_no_reminders(as_amina, session, partnership, prepared):
    as_amina.post(address(partnership, "/mails/plan"), data={"days": ""})
    assert mailings.plan_of(session, prepared).reminders == []
    assert "A reminder is sent" not in read(as_amina.get(address(partnership)))


@pytest.mark.parametrize("days", ["x", "-1", "0", "61", "1,2,3,4,5,6", "7.5", "²", "9" * 90])
def test_plan_that_cannot_be(as_amina, session, partnership, prepared, days):
    answer = as_amina.post(address(partnership, "/mails/plan"), data={"days": days})
    assert answer.status_code == 422
    assert "up to 5 whole numbers of days" in read(answer)
    assert mailings.plan_of(session, prepared).reminders == [7, 2]


def test_plan_stands_after_the_start(as_amina, session, partnership, opened):
    assert as_amina.post(address(partnership, "/mails/plan"), data={"days": "1"}).status_code == 409
    assert mailings.plan_of(session, opened).reminders == [7, 2]


def test_on_paper_nothing_is_planned(as_amina, session, keystore, partnership, prepared):
    as_amina.post(address(partnership, "/mails/plan"), data={"days": "7", "way": "paper"})
    assert "Invitations are handed out on paper." in read(as_amina.get(address(partnership)))
    rounds.approve(session, prepared, by="Dara")
    rounds.start(session, prepared, keystore)
    assert mailings.of_round(session, prepared) == []


def test_test_mail_goes_to_oneself(as_amina, session, partnership, opened, with_server, clock):
    for _ in range(2):
        answer = as_amina.post(address(partnership, "/mails/test"))
    (mail,) = session.exec(select(PlainMail)).all()
    assert mail.recipient == "amina@example.org"
    assert "XXXX-XXXX" in mail.text
    assert "The test mail is on its way" in read(as_amina.get(answer.headers["location"]))
    mail.state, mail.code = "refused", "550 5.1.1"
    session.flush()
    assert "The test mail was refused (550 5.1.1)." in read(as_amina.get(answer.headers["location"]))


def test_who_has_no_address_is_not_sent_the_invitation_again(as_amina, session, partnership, opened):
    person, other, *_ = rounds.invitations_of(session, opened)
    person.email = None
    session.flush()
    page = as_amina.get(address(partnership, "/mails")).text
    assert str(other.id) in page
    assert str(person.id) not in page
    assert as_amina.post(address(partnership, "/mails/again"), data={"invitation": str(person.id)}).status_code == 404
    assert of_kind(session, opened, "again") == []


def test_trouble_is_shown_and_sent_again(as_amina, session, partnership, opened):
    person = next(iter(rounds.invitations_of(session, opened)))
    (mailing,) = of_kind(session, opened, "invitation")
    mailings.note_delivery(session, mailing, person, "refused", "550 5.1.1")
    session.flush()
    page = read(as_amina.get(address(partnership, "/mails")))
    assert f"{person.person} {person.email} refused by a mail server (550 5.1.1)" in page
    for _ in range(2):
        form = {"invitation": str(person.id)}
        assert as_amina.post(address(partnership, "/mails/again"), data=form).status_code == 303
    (again,) = of_kind(session, opened, "again")
    assert again.details == {"invitation": person.id.hex}


def test_again_only_for_people_of_this_round(as_amina, session, keystore, partnership, opened):
    other = make_round(session, keystore)
    foreign = next(iter(rounds.invitations_of(session, other)))
    gone = next(iter(rounds.invitations_of(session, opened)))
    gone.gone = True
    session.flush()
    for id_ in (foreign.id, gone.id, uuid4()):
        assert as_amina.post(address(partnership, "/mails/again"), data={"invitation": str(id_)}).status_code == 404
    assert as_amina.post(address(partnership, "/mails/again"), data={"invitation": "x"}).status_code == 422
    opened.state = "closed"
    session.flush()
    form = {"invitation": str(next(iter(rounds.invitations_of(session, opened))).id)}
    assert as_amina.post(address(partnership, "/mails/again"), data=form).status_code == 409


def agree(session, partnership, round_, what="Publish the budget", *, now):
    owner = UUID(next(iter(round_.invited or rounds.head_counts(session, round_))))
    entry = discussions.open_entry(
        session, partnership_id=partnership.id, round_id=round_.id, target="item:T1", question="Why?", now=now
    )
    promise = commitments.Promise(what, owner, None, now.date())
    commitments.make(session, partnership.id, promise, members=[owner], by="amina", now=now, discussion_id=entry.id)


def test_agreements_go_to_everybody_once(as_amina, session, partnership, released, now):
    page = f"/partnerships/{partnership.id}/rounds/3/mails"
    assert as_amina.post(f"{page}/agreed").status_code == 409
    agree(session, partnership, released[2], now=now)
    assert as_amina.post(f"{page}/agreed").status_code == 303
    again = as_amina.post(f"{page}/agreed")
    assert "Everybody was told of exactly these agreements already." in read(again)
    agree(session, partnership, released[2], "Meet every month", now=now)
    assert as_amina.post(f"{page}/agreed").status_code == 303
    assert [len(one.details["entries"]) for one in of_kind(session, released[2], "agreed")] == [1, 2]


def test_no_agreements_before_the_release(as_amina, partnership, opened):
    assert as_amina.post(address(partnership, "/mails/agreed")).status_code == 409


def test_links_are_shown_in_the_demonstration_only(as_amina, app, session, keystore, partnership, opened):
    assert as_amina.get(address(partnership, "/mails/shown")).status_code == 404
    app.dependency_overrides[get_settings] = lambda: Settings(demonstration=True)
    before = as_amina.get(address(partnership, "/mails/shown"))
    for one in rounds.invitations_of(session, opened):
        assert one.email in before.text
    assert "http://127.0.0.1:8000/i#" in before.text
    first = next(iter(rounds.invitations_of(session, opened)))
    ballots.cast(session, opened, keystore.load(opened.id), first.id, payload_of(first, T1=5))
    assert as_amina.get(address(partnership, "/mails/shown")).text == before.text


def test_calendar(as_amina, session, partnership, opened):
    partnership.titles = {"en": "Water, roads; and " + "ភាពជាដៃគូ" * 9}
    session.flush()
    answer = as_amina.get(address(partnership, "/calendar.ics"))
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    whole = answer.content.decode().replace("\r\n ", "")
    assert "SUMMARY:Water\\, roads\\; and " + "ភាពជាដៃគូ" * 9 + "\\, Round 1: closes" in whole
    assert "DTSTART:20260629T090000Z" in whole
    assert whole.count("BEGIN:VEVENT") == 3


@pytest.mark.parametrize("act", ACTS)
def test_stranger_and_reader_find_nothing(log_in, session, stranger, partnership, opened, act):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    for account in (stranger, reader):
        browser = log_in(account)
        assert browser.get(address(partnership, "/mails")).status_code == 404
        assert browser.post(address(partnership, f"/mails/{act}"), data={"days": "1"}).status_code in (404, 422)
    assert browser.get(address(partnership, "/calendar.ics")).status_code == 200
    assert session.exec(select(PlainMail)).all() == []
    assert {one.sent for one in session.exec(select(Mailing)).all()} == {None}


@pytest.mark.parametrize("number", [2, 0, "x"])
def test_unknown_or_malformed_number(as_amina, partnership, opened, number):
    assert as_amina.get(f"/partnerships/{partnership.id}/rounds/{number}/mails").status_code == 404
    assert as_amina.get(f"/partnerships/{partnership.id}/rounds/{number}/calendar.ics").status_code == 404


def test_round_of_another_partnership(as_amina, session, keystore, opened):
    other = make_partnership(session)
    make_round(session, keystore, partnership=other)
    assert as_amina.get(address(other, "/mails")).status_code == 404
    assert as_amina.get(address(other, "/calendar.ics")).status_code == 404
