"""GET /answer: what somebody invited reads before the first question."""

from __future__ import annotations

import pytest

from surveys import rounds
from tests.factories import make_organization, make_partnership, make_round, secret_of
from tests.server.conftest import Person, text_of


def welcome(person):
    return text_of(person.see("/answer").text)


def test_it_works(invited):
    page = welcome(invited())
    assert "8 people" in page
    assert "4 organizations" in page
    assert "26 June 2026, 16:00 (Phnom Penh, +0700)" in page
    assert "another 60 minutes" in page
    assert "No result is shown for fewer than 5 people or fewer than 3 organizations" in page
    assert "One part is not anonymous" in page
    assert "Begin" in page


def test_every_invited_organization_is_named(session, invited, asked):
    page = welcome(invited())
    for invitation in rounds.invitations_of(session, asked):
        assert invitation.person.split(" of ")[1] in page
        assert invitation.person not in page


def test_everybody_sees_who_is_gone(session, invited, asked):
    person = invited()
    other = next(one for one in rounds.invitations_of(session, asked) if one.id != person.invitation.id)
    assert "declared gone" not in welcome(person)
    rounds.declare_gone(session, asked, other.id)
    session.flush()
    page = welcome(person)
    assert "2 people; declared gone: 1" in page
    assert "8 people" in page


def test_without_a_link(client):
    answer = client.get("/answer")
    assert answer.status_code == 403
    page = text_of(answer.text)
    assert "Please open your personal link first" in page
    assert "Answers you had saved are still saved" in page


def test_damaged_cookie_is_no_link(client):
    client.cookies.set("visit", "A" * 200)
    assert client.get("/answer").status_code == 403


def test_wrong_method(invited):
    assert invited().browser.post("/answer").status_code == 405


def test_who_began_goes_on_where_they_stopped(invited):
    person = invited()
    person.save("V", V1="7")
    person.save("V", V1="7")  # what is missing was pointed out; this goes past it
    page = person.see("/answer").text
    assert "Continue" in page
    assert 'href="/answer/part/G"' in page


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("A", "only averages received by the national and by the external side"),
        ("B", "The facilitator sees all positions."),
        ("C", "all positions are open to all partners"),
    ],
)
def test_how_open_positions_are(session, invited, asked, level, words):
    asked.disclosure_level = level
    session.flush()
    assert words in welcome(invited())


def test_personal_mode_promises_what_it_does(session, invited, asked):
    asked.dyadic_mode = "personal"
    session.flush()
    page = welcome(invited())
    assert "What you say about a single partner is anonymous too" in page
    assert "not anonymous" not in page


def test_names_written_by_people_are_shown_as_text(session, keystore, new_browser):
    name = "<script>alert(1)</script> {{7*7}}"
    members = [make_organization(session, name), *(make_organization(session) for _ in range(3))]
    partnership = make_partnership(session, members=members, title=name, purpose="<img src=x onerror=alert(2)>")
    round_ = make_round(session, keystore, partnership=partnership)
    invitation = next(iter(rounds.invitations_of(session, round_)))
    person = Person(new_browser(), invitation, secret_of(keystore, round_, invitation))
    person.enter()
    page = person.see("/answer").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page


@pytest.mark.parametrize("language", ["km", "fr"])
def test_in_every_language(invited, language):
    person = invited()
    person.browser.post("/language", data={"language": language, "back": "/answer"})
    page = person.see("/answer").text
    assert f'<html lang="{language}">' in page
    assert "What happens to your answers" not in page
