"""Two people together cancel a round: /cancel, /cancel/withdraw, /cancel/confirm, and the link /cancel/{secret}."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from server.deps import get_settings
from server.mail import Post
from server.mailing import Composer
from server.sending import Office, fill_outbox, send_due
from server.settings import Settings
from server.ticker import tick
from surveys import accounts, ballots, cancelling, mailings, rounds
from surveys.database import transaction
from surveys.models import AuditEntry, Ballot, Cancellation, Draft, OutboxRow, PlainMail, Round
from surveys.problems import LinkNotOpen
from tests.factories import NOW, cast_all, make_account, make_round
from tests.post_office import open_post_office
from tests.server.conftest import text_of

REASON = "The ministry was merged; the list is wrong."


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def opened(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership)


@pytest.fixture
def page(partnership):
    return f"/partnerships/{partnership.id}/rounds/1"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def seated(session, partnership, opened):
    """An account with a seat of this role."""

    def account(role):
        made = make_account(session, role)
        organization = next(iter(rounds.invitations_of(session, opened))).organization_id
        given = {"organization_id": organization} if role == "representative" else {}
        accounts.entrust(session, made, partnership.id, role=role, **given)
        session.flush()
        return made

    return account


@pytest.fixture
def with_server(app, client):
    settings = Settings(mail_host="127.0.0.1", mail_security="none", mail_from="r@example.org")
    app.dependency_overrides[get_settings] = lambda: settings


def propose(browser, page, **given):
    return browser.post(f"{page}/cancel", data={"reason": REASON, **given})


@pytest.mark.parametrize("role", ["trustee", "representative"])
def test_it_works(log_in, amina, session, keystore, opened, page, seated, role):
    cast_all(session, keystore, opened, T1=5)
    assert propose(log_in(amina), page).status_code == 303
    assert opened.state == "open"
    browser = log_in(seated(role))
    assert REASON in read(browser.get(page))
    for _ in range(2):
        assert browser.post(f"{page}/cancel/confirm").status_code == 303
    assert (opened.state, opened.keys_state) == ("cancelled", "shred_pending")
    assert session.exec(select(Ballot)).all() == session.exec(select(Draft)).all() == []
    assert {one.token_hash for one in rounds.invitations_of(session, opened)} == {None}
    (told,) = mailings.of_round(session, opened)
    assert (told.kind, told.details) == ("cancelled", {"reason": REASON})
    assert "cancelled, all answers were destroyed unread" in read(browser.get(page))
    acts = [(one.actor, one.act) for one in session.exec(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts[-1] == (f"{role}@example.org", "cancelled a round that amina@example.org proposed to cancel")


def test_nobody_confirms_alone(log_in, amina, session, opened, page, seated):
    propose(log_in(amina), page)
    assert log_in(amina).post(f"{page}/cancel/confirm").status_code == 404
    other = make_account(session, "second")
    accounts.entrust(session, other, opened.partnership_id)
    session.flush()
    assert log_in(other).post(f"{page}/cancel/confirm").status_code == 404
    assert log_in(seated("reader")).post(f"{page}/cancel/confirm").status_code == 404
    assert opened.state == "open"


def test_facilitator_with_two_hats(log_in, amina, session, opened, page, partnership):
    """Who proposed and then got another seat is still one person."""
    propose(log_in(amina), page)
    session.delete(accounts.find_seat(session, amina, partnership.id))
    session.flush()
    accounts.entrust(session, amina, partnership.id, role="trustee")
    session.flush()
    assert log_in(amina).post(f"{page}/cancel/confirm").status_code == 409
    assert opened.state == "open"


def test_nothing_proposed(log_in, opened, page, seated):
    assert log_in(seated("trustee")).post(f"{page}/cancel/confirm").status_code == 409
    assert opened.state == "open"


def test_withdrawn(log_in, amina, session, opened, page, seated):
    browser = log_in(amina)
    propose(browser, page)
    for _ in range(2):
        assert browser.post(f"{page}/cancel/withdraw").status_code == 303
    assert session.exec(select(Cancellation)).all() == []
    assert log_in(seated("trustee")).post(f"{page}/cancel/confirm").status_code == 409


def test_by_link(as_amina, session, opened, page, with_server, new_browser):
    propose(as_amina, page, name="Sok  Dara", email="Dara@example.org")
    assert "/cancel/" not in as_amina.get(page).text.replace(f"{page}/cancel/", "")  # the link is shown to nobody
    (mail,) = session.exec(select(PlainMail)).all()
    assert mail.recipient == "dara@example.org"
    link = re.search(r"/cancel/\S+", mail.text)[0]
    phone = new_browser()
    for _ in range(20):  # a mail scanner opens and sends what it finds
        assert phone.get(link).status_code == 200
        assert phone.post(link).status_code == 422
    assert phone.post(link, data={"name": "Somebody else"}).status_code == 422
    assert opened.state == "open"
    answer = phone.post(link, data={"name": "sok dara"})
    assert "The round was cancelled" in read(answer)
    assert opened.state == "cancelled"
    assert phone.get(link).status_code == phone.post(link, data={"name": "sok dara"}).status_code == 410


@pytest.mark.parametrize("secret", ["x", "0" * 32, "%20"])
def test_unknown_link(new_browser, secret, opened):
    assert new_browser().get(f"/cancel/{secret}").status_code == 410
    assert new_browser().post(f"/cancel/{secret}", data={"name": "x"}).status_code == 410


def test_older_link_is_replaced(session, amina, opened, now):
    given = {"by": amina, "reason": REASON, "second_person": "Sok Dara", "with_link": True, "now": now}
    first, second = (cancelling.propose(session, opened, **given) for _ in range(2))
    session.flush()
    with pytest.raises(LinkNotOpen):
        cancelling.redeem(session, first)
    assert cancelling.redeem(session, second)[1].id == opened.id


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": " "}, "Please give a reason"),
        ({"reason": "x" * 1001}, "Please give a reason of at most 1000 characters"),
        ({"reason": "a\x1bb"}, "Please give a reason"),
        ({"name": "Amina"}, "And name somebody else."),
        ({"name": "Dara", "email": "amina@example.org"}, "A second person confirms"),
        ({"name": "Dara", "email": "nobody"}, "Please give name and e-mail address"),
        ({"email": "dara@example.org"}, "Please give name and e-mail address"),
        ({"name": "x" * 300}, "Please give the name of the second person."),
    ],
)
def test_faults(as_amina, session, opened, page, with_server, given, words):
    answer = propose(as_amina, page, **given)
    assert answer.status_code == 422
    assert words in read(answer)
    assert session.exec(select(Cancellation)).all() == session.exec(select(PlainMail)).all() == []


def test_no_link_without_a_mail_server(as_amina, session, opened, page):
    answer = propose(as_amina, page, name="Dara", email="dara@example.org")
    assert "Without a mail server only a trustee" in read(answer)
    assert session.exec(select(Cancellation)).all() == []


@pytest.mark.parametrize("state", ["prepared", "released", "not_opened", "cancelled"])
def test_too_early_or_too_late(as_amina, opened, page, session, state):
    opened.state = state
    session.flush()
    assert propose(as_amina, page).status_code == 409


def test_stranger_finds_nothing(log_in, stranger, opened, page):
    browser = log_in(stranger)
    for act in ("", "/withdraw", "/confirm"):
        assert browser.post(f"{page}/cancel{act}", data={"reason": REASON}).status_code == 404


def test_everything_destroyed_and_everybody_told(fresh_engine, keystore, tmp_path):
    """Also a reminder that was on its way; keys are gone after the backup, and the news still goes out."""
    with transaction(fresh_engine) as session:
        round_ = make_round(session, keystore, opens_at=NOW - timedelta(days=7), closes_at=NOW + timedelta(days=7))
        amina = make_account(session)
        cast_all(session, keystore, round_, T1=5)
    fill_outbox(fresh_engine, keystore, now=NOW)
    with transaction(fresh_engine) as session:
        round_ = session.get_one(Round, round_.id)
        given = {"by": amina, "reason": REASON, "second_person": "", "with_link": False, "now": NOW}
        cancelling.propose(session, round_, **given)
        session.flush()
        cancelling.confirm(session, round_, by="dara@example.org", now=NOW)
        assert session.exec(select(OutboxRow)).all() == []
        assert ballots.count(session, round_.id) == 0
    assert tick(fresh_engine, keystore, tmp_path, now=NOW).shredded == 1
    assert not keystore.holds(round_.id)
    with open_post_office() as mailbox:
        settings = mailbox.settings()
        fill_outbox(fresh_engine, keystore, now=NOW)
        send_due(Office(fresh_engine, keystore, settings, Composer(settings), Post(settings), NOW), limit=99)
        assert len(mailbox.recipients) == 8
        assert all(REASON in one and "destroyed unread" in one for one in mailbox.texts())
    with Session(fresh_engine) as session:
        assert session.get_one(Round, round_.id).keys_state == "destroyed"
