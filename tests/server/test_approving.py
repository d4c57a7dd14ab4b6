"""/approval and /rounds/{number}/approval: a second person approves the list by a link, or sends it back."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import accounts, approvals, audit, logins, rounds
from surveys.models import AuditEntry, ListApproval
from surveys.partnerships import members_on
from tests.factories import NOW, make_account, make_round
from tests.server.conftest import text_of

DARA = {"person": "Dara", "email": "dara@example.org", "office": "trustee"}


def read(page):
    return html.unescape(text_of(page.text))


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/rounds/1{rest}"


def secret_in(page):
    return re.search(r"/approval#([0-9A-Z-]{29})", page.text)[1]


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def prepared(session, keystore, partnership, now):
    made = make_round(
        session,
        keystore,
        partnership=partnership,
        state="prepared",
        opens_at=now + timedelta(days=1),
        closes_at=now + timedelta(days=15),
    )
    audit.record(session, "amina@example.org", "set the list to 8 people", f"round {made.id}", now)
    return made


@pytest.fixture
def ask(as_amina, partnership, prepared):
    def asking(**given):
        return as_amina.post(address(partnership, "/approval"), data=DARA | given)

    return asking


@pytest.fixture
def second(ask, new_browser):
    """The second person, with the link open."""
    browser = new_browser()
    answer = browser.post("/approval", data={"secret": secret_in(ask())})
    assert (answer.status_code, answer.headers["location"]) == (303, "/approval/list")
    return browser


def decide(browser, decision="approve", **given):
    return browser.post("/approval/list", data={"decision": decision, **given})


def test_who_gets_a_letter_is_approved_like_all(session, prepared, ask, new_browser):
    next(iter(rounds.invitations_of(session, prepared))).email = None
    session.flush()
    browser = new_browser()
    browser.post("/approval", data={"secret": secret_in(ask())})
    assert "printed letter" in read(browser.get("/approval/list"))
    assert decide(browser).status_code in (200, 303)
    assert prepared.approved_by.startswith("Dara")


def test_it_works(as_amina, second, session, partnership, prepared):
    page = read(second.get("/approval/list"))
    assert "8 people" in page
    assert "4 organizations" in page
    assert all(one.person in page and one.email in page for one in rounds.invitations_of(session, prepared))
    assert "16 June 2026, 16:00" in page
    assert decide(second).headers["location"] == "/approval/list"
    assert prepared.approved_by == "Dara, trustee"
    assert "You have approved this list." in read(second.get("/approval/list"))
    assert "Approved by Dara, trustee." in read(as_amina.get(address(partnership)))
    assert as_amina.post(address(partnership, "/start")).status_code == 303


def test_sent_back_with_a_reason(as_amina, second, partnership, prepared):
    assert decide(second, "send_back", reason="Nobody of <b>finance</b> is asked.").status_code == 303
    assert prepared.approved_by == ""
    page = as_amina.get(address(partnership))
    assert "Dara sent the list back: Nobody of <b>finance</b> is asked." in html.unescape(page.text)
    assert "<b>finance" not in page.text
    assert as_amina.post(address(partnership, "/start")).status_code == 409


def test_decided_once(second, prepared):
    decide(second, "send_back", reason="No.")
    decide(second, "approve")
    assert prepared.approved_by == ""


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"decision": "send_back"}, "Please say what should be changed"),
        ({"decision": "send_back", "reason": "  "}, "Please say what should be changed"),
        ({"decision": "send_back", "reason": "x" * 1001}, "at most 1000 characters"),
        ({"decision": "maybe"}, "Please say what should be changed"),
        ({}, "Please say what should be changed"),
    ],
)
def test_wrong_forms_decide_nothing(session, second, prepared, form, words):
    answer = second.post("/approval/list", data=form)
    assert answer.status_code == 422
    assert words in read(answer)
    assert approvals.latest(session, prepared).decision == "waiting"


def test_a_changed_list_voids_the_link(as_amina, second, session, partnership, prepared):
    before = list(rounds.invitations_of(session, prepared))
    member = members_on(session, partnership.id, NOW.date())[0][1]
    line = f"New; new@example.org; {member.name}"
    as_amina.post(address(partnership, "/list"), data={"text": line})
    assert len(list(rounds.invitations_of(session, prepared))) != len(before)
    assert second.get("/approval/list").headers["location"] == "/approval"
    assert decide(second).headers["location"] == "/approval"
    assert prepared.approved_by == ""


def test_changed_behind_the_pages(second, session, prepared):
    """Whoever writes past the pages is found too: the digest is of what the database holds."""
    next(iter(rounds.invitations_of(session, prepared))).email = "somebody.else@example.org"
    session.flush()
    assert "no longer approves anything" in read(second.get("/approval/list"))
    assert decide(second).status_code == 409
    assert prepared.approved_by == ""


def test_changed_dates_void_the_approval(as_amina, second, partnership, prepared):
    decide(second)
    dates = {"label": "Spring", "opens_at": "2026-07-01T08:00", "closes_at": "2026-07-15T17:00"}
    as_amina.post(address(partnership, "/dates"), data=dates)
    assert prepared.approved_by == ""
    assert as_amina.post(address(partnership, "/start")).status_code == 409


def test_a_newer_link_replaces_the_old(ask, new_browser):
    old, new = secret_in(ask()), secret_in(ask(person="Vanna", email="vanna@example.org"))
    assert new_browser().post("/approval", data={"secret": old}).status_code == 410
    assert new_browser().post("/approval", data={"secret": new}).status_code == 303


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"person": " "}, "Please give the name of the second person."),
        ({"person": "a\x1bb"}, "Please give the name of the second person."),
        ({"person": " AMINA "}, "approved by a second person"),
        ({"email": "AMINA@example.org"}, "approved by a second person"),
        ({"email": "dara"}, "not an e-mail address"),
        ({"email": "a@b.org\nBcc: c@d.org"}, "not an e-mail address"),
        ({"office": "x" * 300}, "Please give the name of the second person."),
        ({"seat": "x"}, "Please choose who approves the list."),
    ],
)
def test_nobody_is_asked_wrongly(session, ask, given, words):
    answer = ask(**given)
    assert answer.status_code == 422
    assert words in read(answer)
    assert session.exec(select(ListApproval)).all() == []


def test_who_wrote_the_list_is_not_asked_by_another(session, log_in, partnership, prepared):
    """Two facilitators: the one who wrote the list does not approve it for the other."""
    other = make_account(session, "other")
    accounts.entrust(session, other, partnership.id)
    session.flush()
    answer = log_in(other).post(address(partnership, "/approval"), data=DARA | {"email": "amina@example.org"})
    assert answer.status_code == 422


def test_who_wrote_the_list_opens_the_link(second, session, clock, amina, prepared):
    second.cookies.set("session", logins.begin(session, amina, clock.now))
    assert "somebody is logged in who wrote the list" in read(second.get("/approval/list"))
    assert decide(second).status_code == 409
    assert prepared.approved_by == ""


def test_representative_is_asked_by_seat(session, as_amina, ask, new_browser, partnership, prepared):
    ministry = members_on(session, partnership.id, NOW.date())[0][1]
    vanna = make_account(session, "vanna")
    accounts.entrust(session, vanna, partnership.id, role="representative", organization_id=ministry.id)
    session.flush()
    assert f"Vanna, representative of {ministry.name}" in read(as_amina.get(address(partnership)))
    browser = new_browser()
    browser.post("/approval", data={"secret": secret_in(ask(seat=str(vanna.id)))})
    decide(browser)
    assert prepared.approved_by == f"Vanna, representative of {ministry.name}"


def test_reader_is_not_asked_by_seat(session, ask, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    assert ask(seat=str(reader.id)).status_code == 422


def test_small_list_is_not_asked_for(session, ask, prepared):
    rounds.set_list(session, prepared, [])
    answer = ask()
    assert answer.status_code == 422
    assert "At least 5 people from 3 organizations are needed" in read(answer)


def test_begun_round_asks_nobody(session, as_amina, keystore, partnership):
    make_round(session, keystore, partnership=partnership)
    assert as_amina.post(address(partnership, "/approval"), data=DARA).status_code == 409


def test_acts_are_on_record_links_are_not(session, ask, second):
    decide(second)
    entries = session.exec(select(AuditEntry)).all()
    assert ("Dara (dara@example.org)", "approved the list and the dates") in [(one.actor, one.act) for one in entries]
    assert audit.verify_chain(session) is None
    assert not any(re.search(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){5}\b", one.act + one.subject) for one in entries)


@pytest.mark.parametrize("secret", ["", "x", "0" * 24, "<b>"])
def test_unknown_link(client, secret):
    answer = client.post("/approval", data={"secret": secret})
    assert answer.status_code == 410
    assert client.get("/approval/list").headers["location"] == "/approval"


def test_leaving(second):
    second.post("/approval/leave")
    assert second.get("/approval/list").headers["location"] == "/approval"


def test_link_opens_nothing_else(second, partnership):
    for path in ("/answer", f"/partnerships/{partnership.id}", "/keys"):
        assert second.get(path).status_code in (303, 403)


def test_stranger_finds_nothing(log_in, stranger, partnership, prepared):
    assert log_in(stranger).post(address(partnership, "/approval"), data=DARA).status_code == 404


def test_link_goes_by_mail_where_there_is_mail(app, session, ask):
    from server import deps
    from surveys.models import PlainMail

    settings = app.state.settings.model_copy(update={"mail_host": "mail.example.org"})
    app.dependency_overrides[deps.get_settings] = lambda: settings
    page = ask()
    assert "The link was sent to dara@example.org." in read(page)
    assert "/approval#" not in page.text
    (mail,) = session.exec(select(PlainMail)).all()
    assert mail.recipient == "dara@example.org"
    assert re.search(r"/approval#[0-9A-Z-]{29}", mail.text)
