"""/paper and forms as PDF: printed with the person's own code, typed in by somebody trusted, sealed like all others."""

from __future__ import annotations

import html
import io
from datetime import timedelta

import pikepdf
import pytest
from sqlmodel import select

from surveys import accounts, ballots, rounds
from surveys.models import AuditEntry, Ballot, Draft
from tests.factories import make_account, make_round
from tests.server.conftest import text_of

ENTRY = "/paper/entry"
FILLED = {
    "V.V1": "7",
    "V.V2": "០១០",
    "V.V3": "?",
    "V.V4": "x",
    "about.B1": "working",
    "about.B2": "18",
    "open.O1": "The budget came late",
    "open.O1.topic": "T",
    "open.O1.audience": "facilitator",
}


@pytest.fixture
def facilitator(session, asked):
    account = make_account(session, "leakhena")
    accounts.entrust(session, account, asked.partnership_id)
    session.flush()
    return account


def typed_by(browser, secret):
    return browser.post("/paper", data={"secret": secret})


@pytest.fixture
def assistant(invited):
    """Somebody with a person's paper form."""
    person = invited(entered=False)
    typed_by(person.browser, person.secret)
    return person


@pytest.fixture
def sealed(session, asked, keystore):
    def unseal():
        session.expire_all()
        return ballots.unseal(session, asked, keystore.load(asked.id)).personal

    return unseal


class TestTypingIn:
    def test_it_works(self, invited, sealed):
        person = invited(entered=False)
        answer = typed_by(person.browser, person.secret.lower())
        assert (answer.status_code, answer.headers["location"]) == (303, ENTRY)
        answer = person.browser.post(ENTRY, data=FILLED)
        assert (answer.status_code, answer.headers["location"]) == (303, "/paper")
        (payload,) = sealed()
        assert payload["answers"] == {"V1": 7, "V2": 10, "V3": "cannot_judge", "V4": "prefer_not"}
        assert payload["background"] == {"B1": "working", "B2": 18}
        assert payload["comments"] == [
            {"kind": "O1", "topic": "T", "text": "The budget came late", "audience": "facilitator"}
        ]
        assert payload["assisted"] is True
        assert payload["organization"] == str(person.invitation.organization_id)
        assert "Receipt, to be given to the person:" in text_of(person.see("/paper").text)
        assert person.see(ENTRY).status_code == 403  # this browser has forgotten the form

    def test_language_of_the_paper_is_sealed_and_not_that_of_the_screen(self, session, invited, sealed):
        person = invited(entered=False)
        person.invitation.language = "km"
        session.flush()
        person.browser.cookies.set("language", "fr")
        typed_by(person.browser, person.secret)
        person.browser.post(ENTRY, data=FILLED)
        assert [one["language"] for one in sealed()] == ["km"]

    def test_nothing_outside_the_box_says_so(self, session, invited, assistant):
        other = invited(2)
        other.hand_in()
        assistant.browser.post(ENTRY, data=FILLED)
        boxes = session.exec(select(Ballot.box)).all()
        assert len(boxes) == 2
        assert len({len(box) for box in boxes}) == 1
        assert session.exec(select(AuditEntry).where(AuditEntry.act.contains("typed"))).all() == []

    @pytest.mark.parametrize("raw", ["11", "-1", "3.5", "NaN", "1e309", "seven", "٧٧", "<b>"])
    def test_what_cannot_be_read_hands_nothing_in(self, assistant, sealed, raw):
        answer = assistant.browser.post(ENTRY, data={**FILLED, "V.V2": raw})
        assert answer.status_code == 422
        said = html.unescape(text_of(answer.text))
        assert "1 field cannot be read; nothing was handed in" in said
        assert 'href="#V.V2"' in answer.text
        assert 'name="V.V1" type="text"' in answer.text
        for kept in ('value="7"', "The budget came late", html.escape(raw)):
            assert kept in answer.text
        assert sealed() == []
        assert assistant.browser.post(ENTRY, data=FILLED).status_code == 303

    @pytest.mark.parametrize(
        ("field", "raw"), [("about.B1", "king"), ("about.B2", "721"), ("about.B2", "x"), ("open.O2", "x" * 1001)]
    )
    def test_other_fields_too(self, assistant, sealed, field, raw):
        answer = assistant.browser.post(ENTRY, data={**FILLED, field: raw})
        assert answer.status_code == 422
        assert f'href="#{field}"' in answer.text
        assert sealed() == []

    def test_empty_form(self, assistant, sealed):
        assert assistant.browser.post(ENTRY, data={}).status_code == 303
        assert [one["answers"] for one in sealed()] == [{}]

    def test_unknown_fields_are_left_out(self, assistant, sealed):
        assistant.browser.post(ENTRY, data={**FILLED, "V.V99": "5", "open.O1.topic": "zzz", "assisted": "no"})
        (payload,) = sealed()
        assert payload["comments"][0]["topic"] == ""
        assert payload["assisted"] is True

    def test_sent_twice(self, assistant, sealed):
        for _ in range(2):
            assistant.browser.post(ENTRY, data=FILLED)
        assert len(sealed()) == 1

    def test_replaces_what_was_handed_in_and_says_so(self, invited, assistant, sealed):
        person = invited(0)
        person.save("V", V1="2")
        person.hand_in()
        page = assistant.see(ENTRY)
        assert "Answers were handed in with this code already." in text_of(page.text)
        assistant.browser.post(ENTRY, data=FILLED)
        assert [one["answers"]["V1"] for one in sealed()] == [7]

    def test_draft_of_the_person_stays_shut_and_goes(self, session, invited, assistant):
        person = invited(0)
        person.save("V", V1="2")
        assert 'value="2"' not in assistant.see(ENTRY).text
        assistant.browser.post(ENTRY, data=FILLED)
        assert session.exec(select(Draft)).all() == []

    def test_without_a_code(self, client):
        assert client.get(ENTRY).status_code == 403
        assert client.post(ENTRY, data=FILLED).status_code == 403
        for secret in ("", "hello", "0000-0000-0000-0000-0000-0000"):
            assert typed_by(client, secret).status_code == 410

    def test_two_forms_in_one_browser(self, invited, assistant):
        other = invited(2, entered=False)
        assert typed_by(assistant.browser, other.secret).status_code == 409

    def test_too_late(self, assistant, asked, clock, sealed):
        clock.now = asked.closes_at + timedelta(minutes=61)
        assert assistant.browser.post(ENTRY, data=FILLED).status_code == 410
        assert sealed() == []

    def test_partners_in_the_personal_mode(self, session, asked, invited, sealed):
        asked.dyadic_mode = "personal"
        session.flush()
        person = invited(entered=False)
        typed_by(person.browser, person.secret)
        page = person.see(ENTRY).text
        partner = page.split('name="partner-')[1].split(".")[0]
        answers = {f"partner-{partner}.{name}": raw for name, raw in {"D0": "none", "D1": "5", "D7": "9"}.items()}
        assert person.browser.post(ENTRY, data=answers).status_code == 303
        assert sealed()[0]["dyads"] == {partner: {"D0": "none", "D7": 9}}


def read_pdf(answer):
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        root = pdf.Root
        return len(pdf.pages), str(root.Lang), bool(root.MarkInfo.Marked), "/StructTreeRoot" in root


class TestForms:
    @pytest.mark.parametrize("language", ["en", "km", "fr"])
    def test_blank(self, log_in, facilitator, asked, language):
        browser, address = log_in(facilitator), f"/partnerships/{asked.partnership_id}/rounds/1/form.pdf"
        pages, spoken, is_marked, has_structure = read_pdf(browser.get(f"{address}?language={language}"))
        assert 3 <= pages <= 9
        assert spoken.startswith(language)
        assert is_marked
        assert has_structure

    def test_position(self, log_in, facilitator, asked):
        browser, address = log_in(facilitator), f"/partnerships/{asked.partnership_id}/rounds/1/form.pdf"
        position = browser.get(f"{address}?part=position&language=en")
        assert read_pdf(position)[0] >= 2
        assert position.content != browser.get(f"{address}?language=en").content

    def test_of_one_person(self, session, log_in, facilitator, asked):
        invitation = next(iter(rounds.invitations_of(session, asked)))
        address = f"/partnerships/{asked.partnership_id}/rounds/1/people/{invitation.id}/form"
        browser = log_in(facilitator)
        first = browser.post(address)
        assert read_pdf(first)[0] >= 3
        assert browser.post(address).content == first.content
        acts = [one.act for one in session.exec(select(AuditEntry)).all()]
        assert acts.count("printed a form with a link") == 2
        assert browser.get(address).status_code in (404, 405)

    def test_own_questions_of_a_respondent(self, invited, client):
        assert read_pdf(invited().browser.get("/answer/form.pdf"))[0] >= 3
        assert client.get("/answer/form.pdf").status_code == 403

    def test_strangers_and_made_up_people(self, session, keystore, log_in, facilitator, stranger, asked):
        home = f"/partnerships/{asked.partnership_id}/rounds/1"
        invitation = next(iter(rounds.invitations_of(session, asked)))
        elsewhere = next(iter(rounds.invitations_of(session, make_round(session, keystore))))
        browser = log_in(stranger)
        assert browser.get(f"{home}/form.pdf").status_code == 404
        assert browser.post(f"{home}/people/{invitation.id}/form").status_code == 404
        browser = log_in(facilitator)
        assert browser.post(f"{home}/people/{elsewhere.id}/form").status_code == 404
        assert browser.get(f"{home}/form.pdf?language=xx").status_code == 404
        assert browser.get(f"{home}/form.pdf?part=all").status_code == 404
        invitation.gone = True
        session.flush()
        assert browser.post(f"{home}/people/{invitation.id}/form").status_code == 404

    def test_only_while_the_round_is_open(self, session, log_in, facilitator, asked):
        asked.state = "closed"
        session.flush()
        home = f"/partnerships/{asked.partnership_id}/rounds/1"
        assert log_in(facilitator).get(f"{home}/form.pdf").status_code == 409
