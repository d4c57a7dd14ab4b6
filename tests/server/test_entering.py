"""/i, /finish and /language: opening a personal link, two people at one computer, going away from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import rounds
from surveys.models import Ballot, Draft
from tests.factories import make_round, secret_of
from tests.server.conftest import text_of

NOT_OPEN = "This link is not open"


def rows(session, *tables):
    return [row for table in tables for row in session.exec(select(table)).all()]


class TestLink:
    def test_it_works(self, invited):
        person = invited(entered=False)
        answer = person.enter()
        assert (answer.status_code, answer.headers["location"]) == (303, "/answer")
        assert person.see("/answer").status_code == 200

    @pytest.mark.parametrize(
        "typed",
        [
            "{secret}.",
            " {lower} ",
            "<{secret}>",
            "{secret}%20",
            "http://127.0.0.1:8000/i#{secret}",
            "{spaced}",
            "https://eur01.safelinks.protection.outlook.com/?url=http%3A%2F%2F127.0.0.1%2Fi%23{secret}&data=05%7C01%7C",
        ],
        ids=["full stop", "small letters", "brackets", "encoded space", "whole link", "spaces", "wrapped by a filter"],
    )
    def test_forgives_what_mail_programs_do(self, invited, typed):
        person = invited(entered=False)
        secret = typed.format(
            secret=person.secret, lower=person.secret.lower(), spaced=person.secret.replace("-", "  ")
        )
        assert person.browser.post("/i", data={"secret": secret}).status_code == 303

    def test_cookie_holds_nothing_to_read(self, invited):
        person = invited(entered=False)
        cookie = person.enter().headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert person.secret not in cookie
        assert person.secret.replace("-", "") not in cookie

    def test_language_of_the_invitation(self, session, invited):
        person = invited(entered=False)
        person.invitation.language = "km"
        session.flush()
        person.enter()
        assert '<html lang="km">' in person.see("/answer").text

    def test_language_chosen_before_stays_on_return(self, invited):
        person = invited()
        person.browser.post("/language", data={"language": "fr", "back": "/answer"})
        person.enter()
        assert '<html lang="fr">' in person.see("/answer").text
        person.hand_in()
        person.enter()
        assert '<html lang="fr">' in person.see("/answer").text


class TestLinkThatOpensNothing:
    @pytest.fixture
    def refusals(self, session, keystore, clock, new_browser):
        """The page each kind of bad link gives."""
        late, gone, cancelled = (make_round(session, keystore) for _ in range(3))
        secrets = {"unknown": "0000-0000-0000-0000-0000-0000", "no code at all": "hello", "empty": ""}
        for name, round_ in (("late", late), ("gone", gone), ("cancelled", cancelled)):
            invitation = next(iter(rounds.invitations_of(session, round_)))
            secrets[name] = secret_of(keystore, round_, invitation)
            invitation.gone = name == "gone"
        late.closes_at = clock.now - timedelta(minutes=61)
        cancelled.state = "cancelled"
        session.flush()
        secrets["truncated"] = secrets["late"][:-3]
        return {name: new_browser().post("/i", data={"secret": secret}) for name, secret in secrets.items()}

    def test_all_are_told_alike(self, refusals):
        assert {answer.status_code for answer in refusals.values()} == {410}
        assert len({answer.text for answer in refusals.values()}) == 1
        page = text_of(refusals["unknown"].text)
        assert NOT_OPEN in page
        assert "Answers that were handed in before closing stay handed in" in page

    def test_no_cookie_is_set(self, refusals):
        assert not any("set-cookie" in answer.headers for answer in refusals.values())

    def test_megabytes_in_the_field(self, client):
        assert client.post("/i", data={"secret": "A" * 200_000}).status_code == 410
        assert client.post("/i", data={"secret": "A" * 300_000}).status_code == 413

    def test_facilitators_cookie_opens_no_questionnaire(self, log_in, amina):
        assert log_in(amina).get("/answer").status_code == 403

    def test_respondents_link_opens_no_facilitators_page(self, invited):
        answer = invited().browser.get("/partnerships")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


class TestMailScanner:
    def test_looking_changes_nothing(self, session, invited):
        person = invited(entered=False)
        for method in ("HEAD", "GET"):
            answer = person.browser.request(method, "/i")
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
        assert rows(session, Ballot, Draft) == []

    def test_posting_the_form_changes_nothing(self, session, invited, asked):
        """Some scanners run scripts: the link is opened, and stays as unused as before."""
        person = invited()
        for path in ("/answer", "/answer/part/V", "/answer/review", "/position"):
            person.see(path)
        assert rows(session, Ballot, Draft) == []
        again = invited(entered=False)
        again.enter()
        assert "Begin" in again.see("/answer").text

    @pytest.mark.parametrize(
        "path", ["/finish", "/language", "/answer/hand-in", "/answer/replace", "/answer/withdraw", "/resume/restart"]
    )
    def test_writes_are_never_links(self, invited, path):
        assert invited().browser.get(path).status_code == 405


class TestTwoPeopleInOneBrowser:
    def test_second_link_is_refused_politely(self, invited):
        first, second = invited(0), invited(1, entered=False)
        first.save("V", V1="7")
        answer = first.browser.post("/i", data={"secret": second.secret})
        assert answer.status_code == 409
        page = text_of(answer.text)
        assert "Somebody else is answering in this browser" in page
        assert "Finish on this computer" in page
        assert 'value="7" checked' in first.see("/answer/part/V").text

    def test_own_link_again_is_welcome(self, invited):
        person = invited()
        person.save("V", V1="7")
        assert person.enter().status_code == 303
        assert 'value="7" checked' in person.see("/answer/part/V").text

    def test_second_link_opens_after_finishing(self, invited):
        first, second = invited(0), invited(1, entered=False)
        first.save("V", V1="7")
        first.browser.post("/finish")
        assert first.browser.post("/i", data={"secret": second.secret}).status_code == 303
        assert "checked" not in first.see("/answer/part/V").text

    def test_link_of_a_closed_round_gives_way(self, session, keystore, clock, invited, asked):
        person = invited()
        asked.closes_at = clock.now - timedelta(minutes=61)
        other = make_round(session, keystore)
        invitation = next(iter(rounds.invitations_of(session, other)))
        secret = secret_of(keystore, other, invitation)
        assert person.browser.post("/i", data={"secret": secret}).status_code == 303


class TestFinish:
    def test_it_works(self, invited):
        person = invited()
        answer = person.browser.post("/finish")
        assert (answer.status_code, answer.headers["location"]) == (303, "/finished")
        assert "storage" in answer.headers["clear-site-data"]
        assert "cannot see your answers" in person.see("/finished").text
        assert person.see("/answer").status_code == 403

    def test_draft_is_kept(self, session, invited):
        person = invited()
        person.save("V", V1="7")
        person.browser.post("/finish")
        assert len(rows(session, Draft)) == 1
        person.enter()
        assert "resume code" in person.see("/answer").text

    def test_twice_and_with_nothing_open(self, client):
        for _ in range(2):
            assert client.post("/finish").status_code == 303

    def test_every_page_of_answers_offers_it(self, invited):
        person = invited()
        for path in ("/answer", "/answer/part/V", "/answer/part/open", "/answer/review", "/position"):
            assert 'action="/finish"' in person.see(path).text
        for path in ("/privacy", "/stored", "/accessibility", "/nothing", "/finished"):
            assert person.see(path).text.count('action="/finish"') == 1
        person.hand_in()
        assert 'action="/finish"' in person.see("/handed-in").text

    def test_a_receipt_goes_too(self, invited):
        person = invited()
        person.hand_in()
        person.browser.post("/finish")
        assert person.see("/handed-in").status_code == 404

    def test_who_holds_no_link_is_not_asked(self, client):
        assert 'action="/finish"' not in client.get("/").text


class TestLanguage:
    @pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "", "/\r\nX: 1"])
    def test_leads_nowhere_else(self, client, back):
        answer = client.post("/language", data={"language": "km", "back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    def test_unknown_language_changes_nothing(self, client):
        answer = client.post("/language", data={"language": "xx", "back": "/i"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/i")
        assert "set-cookie" not in answer.headers

    @pytest.mark.parametrize(("language", "word"), [("km", "ភាសាខ្មែរ"), ("fr", "Votre lien personnel")])
    def test_it_works(self, client, language, word):
        client.post("/language", data={"language": language, "back": "/i"})
        page = client.get("/i").text
        assert f'<html lang="{language}">' in page
        assert word in page
