"""The facilitator's page of key holders: who they are, how many are needed, their links, the rehearsal."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from sqlmodel import select

from surveys import accounts, audit, key_holders, rounds
from surveys.models import AuditEntry
from tests.factories import make_account, make_partnership, make_round
from tests.key_circle import make_circle, ready_circle, rehearse
from tests.server.conftest import text_of


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/keys{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, session, partnership):
    assert "The server opens a round by itself" in read(as_amina.get(address(partnership)))
    for name in ("Amina, facilitator", "Dara, trustee", "Sokha, trustee"):
        page = as_amina.post(address(partnership, "/holders"), data={"person": name})
        assert page.status_code == 200
        assert f"Personal link of {name}" in read(page)
    assert as_amina.post(address(partnership, "/needed"), data={"needed": "2"}).status_code == 303
    page = read(as_amina.get(address(partnership)))
    assert "A round opens with the codes of 2 of 3 key holders." in page
    assert "Personal link of" not in page, "a link is shown once"
    assert audit.verify_chain(session) is None


def test_a_link_leads_to_its_holder(as_amina, session, partnership):
    page = as_amina.post(address(partnership, "/holders"), data={"person": "Dara, trustee"})
    (secret,) = re.findall(r"/k#([0-9A-Z-]{29})", page.text)
    assert key_holders.redeem(session, secret).person == "Dara, trustee"


def test_a_new_link_replaces_the_old(as_amina, session, partnership):
    hands = make_circle(session, partnership)
    page = as_amina.post(address(partnership, f"/holders/{hands[0].holder.id}/link"))
    (secret,) = re.findall(r"/k#([0-9A-Z-]{29})", page.text)
    assert key_holders.redeem(session, secret).id == hands[0].holder.id
    assert secret != hands[0].secret


@pytest.mark.parametrize("person", ["", "  ", "amina, facilitator", "a\x00b"])
def test_bad_names_are_explained(as_amina, session, partnership, person):
    make_circle(session, partnership)
    page = as_amina.post(address(partnership, "/holders"), data={"person": person})
    assert page.status_code == 422
    assert len(key_holders.of_partnership(session, partnership.id)) == 3


def test_names_are_text(as_amina, partnership):
    page = as_amina.post(address(partnership, "/holders"), data={"person": "<script>alert(1)</script> {{7*7}}"})
    assert "<script>alert" not in page.text
    assert "{{7*7}}" in read(page)


def test_rehearsal_waits_for_everybody(as_amina, session, keystore, partnership):
    hands = make_circle(session, partnership)
    assert as_amina.post(address(partnership, "/rehearsal")).status_code == 303
    page = read(as_amina.get(address(partnership)))
    assert "The rehearsal waits for these codes:" in page
    assert rehearse(session, partnership, keystore, hands) == "passed"
    assert "Passed: every choice of codes opened the box" in read(as_amina.get(address(partnership)))


def test_rehearsal_needs_confirmed_codes(as_amina, session, partnership):
    key_holders.add(session, partnership, "Dara")
    page = as_amina.post(address(partnership, "/rehearsal"))
    assert page.status_code == 409
    assert "Every key holder must write down and confirm a code first." in read(page)


def test_a_change_outdates_the_rehearsal(as_amina, session, keystore, partnership):
    hands = ready_circle(session, partnership, keystore)
    as_amina.post(address(partnership, f"/holders/{hands[0].holder.id}/start-over"))
    assert "have changed since the last rehearsal" in read(as_amina.get(address(partnership)))
    as_amina.post(address(partnership, f"/holders/{hands[1].holder.id}/remove"))
    assert len(key_holders.of_partnership(session, partnership.id)) == 2


@pytest.mark.parametrize(
    ("needed", "status"), [("1", 422), ("4", 422), ("-2", 422), ("x", 422), ("3", 303), ("0", 303)]
)
def test_numbers_are_checked(as_amina, session, partnership, needed, status):
    make_circle(session, partnership)
    assert as_amina.post(address(partnership, "/needed"), data={"needed": needed}).status_code == status


def test_a_round_begins_after_the_rehearsal_only(as_amina, session, keystore, partnership):
    hands = make_circle(session, partnership)
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    rounds.approve(session, round_, by="Dara")
    start = f"/partnerships/{partnership.id}/rounds/{round_.number}/start"
    page = as_amina.post(start)
    assert page.status_code == 409
    assert "The key holders must pass a rehearsal with their present codes first." in read(page)
    assert round_.state == "prepared"
    rehearse(session, partnership, keystore, hands)
    assert as_amina.post(start).status_code == 303
    assert round_.state == "open"
    page = read(as_amina.get(f"/partnerships/{partnership.id}/rounds/{round_.number}"))
    assert "the codes of 2 of 3 key holders: Amina, facilitator; Dara, trustee; Sokha, trustee" in page


def test_a_waiting_round_says_for_what(log_in, amina, session, keystore, partnership, clock):
    ready_circle(session, partnership, keystore)
    round_ = make_round(session, keystore, partnership=partnership)
    round_.state, clock.now = "closed", round_.closes_at + rounds.OPENING_AFTER
    session.flush()
    as_amina = log_in(amina)
    page = read(as_amina.get(f"/partnerships/{partnership.id}/rounds/{round_.number}"))
    assert "waiting for the codes of 2 of 3 key holders" in page
    assert "waiting for the codes of 2 of 3 key holders" in read(as_amina.get(f"/partnerships/{partnership.id}"))


ACTS = ("holders", "needed", "rehearsal")


@pytest.mark.parametrize("act", ACTS)
def test_strangers_and_readers_see_nothing(log_in, session, partnership, stranger, act):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    for account in (stranger, reader):
        browser = log_in(account)
        assert browser.get(address(partnership)).status_code == 404
        assert browser.post(address(partnership, f"/{act}"), data={"person": "X", "needed": "2"}).status_code == 404


def test_holders_of_others_are_not_found(as_amina, session, partnership):
    (other, *_) = make_circle(session, make_partnership(session))
    for act in ("link", "start-over", "remove"):
        for holder_id in (other.holder.id, uuid4()):
            assert as_amina.post(address(partnership, f"/holders/{holder_id}/{act}")).status_code == 404


def test_nobody_comes_in_without_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


def test_changing_the_language_after_a_step_leads_back(as_amina, partnership):
    assert as_amina.get(address(partnership, "/holders")).headers["location"] == address(partnership)


def test_acts_are_on_record_links_are_not(as_amina, session, partnership):
    page = as_amina.post(address(partnership, "/holders"), data={"person": "Dara"})
    (secret,) = re.findall(r"/k#([0-9A-Z-]{29})", page.text)
    acts = [(one.actor, one.act, one.subject) for one in session.exec(select(AuditEntry))]
    assert any(act == "added a key holder" for _, act, _ in acts)
    assert secret not in repr(acts)
