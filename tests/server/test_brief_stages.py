"""The brief on its way to the table: the facilitator's words, each partner's comment, release, the same bytes."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import accounts, briefs, commitments, discussions, replies
from surveys.commitments import Promise
from surveys.models import AuditEntry, Organization
from surveys.partnerships import members_on
from tests.factories import NOW, make_account
from tests.server.conftest import text_of


def address(partnership, more="", number=3):
    return f"/partnerships/{partnership.id}/rounds/{number}/brief{more}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def partners(session, partnership):
    """The organizations of the partnership, lead first."""
    return [organization for _, organization in members_on(session, partnership.id, NOW.date())]


@pytest.fixture
def seated(session, partnership):
    def sit(role: str, organization: Organization | None = None):
        account = make_account(session, f"{role}-{organization.id if organization else 'nobody'}")
        accounts.entrust(
            session, account, partnership.id, role=role, organization_id=organization.id if organization else None
        )
        session.flush()
        return account

    return sit


@pytest.fixture
def dara(seated, partners):
    """He represents the lead partner."""
    return seated("representative", partners[0])


UNTIL = (NOW + timedelta(days=5)).date().isoformat()


@pytest.fixture
def shared(log_in, amina, partnership, released):
    log_in(amina).post(address(partnership, "/share"), data={"until": UNTIL})


@pytest.fixture
def out(log_in, amina, partnership, shared, clock):
    """A brief that was released after its time to comment."""
    clock.now = NOW + timedelta(days=6)
    assert log_in(amina).post(address(partnership, "/release")).status_code == 303


def test_it_works(log_in, amina, partnership, released, dara, clock, partners, seated):
    browser = log_in(amina)
    browser.post(address(partnership, "/words"), data={"introduction": "We meet on Monday.", "ground_rules": ""})
    browser.post(address(partnership, "/share"), data={"until": UNTIL})
    assert "No comment yet from: Ministry of Rural Works" in read(browser.get(address(partnership)))
    answer = log_in(dara).post(address(partnership, "/comment"), data={"comment": "The delay was ours.\nWe are sorry."})
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership))
    clock.now = NOW + timedelta(days=6)
    assert log_in(amina).post(address(partnership, "/release")).status_code == 303
    page = read(log_in(seated("reader")).get(address(partnership)))
    assert "Introduction We meet on Monday." in page
    assert f"What partners say to this brief {partners[0].name} The delay was ours. We are sorry." in page
    assert "it stays as it is" in page


def test_draft_is_the_facilitator_s(log_in, partnership, released, dara, seated):
    for account in (dara, seated("reader"), seated("trustee")):
        browser = log_in(account)
        assert browser.get(address(partnership)).status_code == 404
        assert browser.get(address(partnership, ".pdf")).status_code == 404
        assert "/brief" not in browser.get(f"/partnerships/{partnership.id}").text
        assert "/brief" not in browser.get(f"/partnerships/{partnership.id}/trend").text
        assert "/brief" not in browser.get(f"/partnerships/{partnership.id}/rounds/3").text


def test_shared_draft_is_for_representatives(log_in, partnership, shared, dara, seated):
    page = log_in(dara).get(address(partnership))
    assert "each may comment until 20 June 2026" in read(page)
    assert "What your organization says to this brief" in read(page)
    assert "Write your own words" not in read(page)
    assert f'href="{address(partnership)}"' in log_in(dara).get(f"/partnerships/{partnership.id}").text
    assert log_in(seated("reader")).get(address(partnership)).status_code == 404


def test_released_brief_is_for_every_seat(log_in, partnership, out, dara, seated):
    for account in (dara, seated("reader"), seated("trustee")):
        assert log_in(account).get(address(partnership)).status_code == 200
        assert log_in(account).get(address(partnership, ".pdf")).content.startswith(b"%PDF")


def test_released_brief_keeps_its_bytes(log_in, amina, session, partnership, out, partners, released, clock):
    """Agreements go on and partners are renamed; the brief that was released says what it said."""
    browser = log_in(amina)
    before = {code: browser.get(address(partnership, f".pdf?language={code}")).content for code in ("en", "km", "fr")}
    partners[0].name, partnership.titles = "Renamed", {"en": "Renamed too"}
    entry = discussions.open_entry(
        session,
        partnership_id=partnership.id,
        round_id=released[0].id,
        target="construct:T",
        question="What would help?",
        now=clock.now,
    )
    promise = Promise("Share the calendar", partners[0].id, None, clock.now.date() + timedelta(days=30))
    commitments.make(
        session,
        partnership.id,
        promise,
        members=[one.id for one in partners],
        by="Amina",
        now=clock.now,
        discussion_id=entry.id,
    )
    session.flush()
    after = {code: browser.get(address(partnership, f".pdf?language={code}")).content for code in before}
    assert after == before
    assert "Share the calendar" not in read(browser.get(address(partnership)))


def test_comments_end_with_their_day(log_in, partnership, shared, dara, clock):
    clock.now = NOW + timedelta(days=6)
    browser = log_in(dara)
    assert "What your organization says" not in read(browser.get(address(partnership)))
    assert browser.post(address(partnership, "/comment"), data={"comment": "Too late"}).status_code == 422


def test_second_comment_replaces_the_first(log_in, session, partnership, shared, dara, released):
    browser = log_in(dara)
    for text in ("First thoughts", "Second thoughts"):
        browser.post(address(partnership, "/comment"), data={"comment": text})
    said = read(browser.get(address(partnership)))
    assert "Second thoughts" in said
    assert "First thoughts" not in said
    browser.post(address(partnership, "/comment"), data={"comment": "  "})
    assert briefs.comments_of(session, released[2].id) == []


def test_release_waits_for_the_right_of_reply(log_in, amina, partnership, shared, dara, seated, partners):
    browser = log_in(amina)
    assert "Release to everybody" not in browser.get(address(partnership)).text
    assert browser.post(address(partnership, "/release")).status_code == 409
    log_in(dara).post(address(partnership, "/comment"), data={"comment": "Well seen."})
    other = seated("representative", partners[1])
    assert log_in(amina).post(address(partnership, "/release")).status_code == 409
    log_in(other).post(address(partnership, "/comment"), data={"comment": "Nothing to add."})
    assert log_in(amina).post(address(partnership, "/release")).status_code == 303  # everybody represented has spoken


def test_draft_cannot_be_released(log_in, amina, partnership, released):
    assert log_in(amina).post(address(partnership, "/release")).status_code == 409


def test_sent_twice_changes_nothing(log_in, amina, session, partnership, out, released):
    browser = log_in(amina)
    assert browser.post(address(partnership, "/release")).status_code == 303
    assert browser.post(address(partnership, "/share"), data={"until": "2027-01-01"}).status_code == 303
    assert briefs.find_words(session, released[2].id).state == "released"
    acts = [one.act for one in session.exec(select(AuditEntry)) if "brief" in one.act]
    assert acts == [f"shared a brief for comments until {UNTIL}", "released a brief"]


def test_words_of_a_released_brief_stay(log_in, amina, partnership, out):
    browser = log_in(amina)
    assert browser.get(address(partnership, "/words")).status_code == 404
    answer = browser.post(address(partnership, "/words"), data={"introduction": "Changed", "ground_rules": ""})
    assert answer.status_code == 422
    assert "Write your own words" not in browser.get(address(partnership)).text


def test_own_ground_rules_take_the_place_of_ours(log_in, amina, partnership, released):
    browser = log_in(amina)
    assert "judge nobody" in read(browser.get(address(partnership, "/words")))
    browser.post(
        address(partnership, "/words"), data={"introduction": "", "ground_rules": "Listen first.\n\n Speak last. "}
    )
    said = read(browser.get(address(partnership)))
    assert "Listen first. Speak last." in said
    assert "they judge nobody" not in said


def test_words_by_language(log_in, amina, partnership, released):
    browser = log_in(amina)
    km = {"accept-language": "km"}
    browser.post(address(partnership, "/words"), data={"introduction": "Welcome", "ground_rules": ""})
    assert '<p lang="en">Welcome</p>' in browser.get(address(partnership), headers=km).text
    browser.post(address(partnership, "/words"), data={"introduction": "សូមស្វាគមន៍", "ground_rules": ""}, headers=km)
    assert "<p>សូមស្វាគមន៍</p>" in browser.get(address(partnership), headers=km).text
    assert "<p>Welcome</p>" in browser.get(address(partnership)).text


def test_replies_stand_beside_their_question(log_in, amina, session, partnership, partners, released):
    entry = discussions.open_entry(
        session,
        partnership_id=partnership.id,
        round_id=released[2].id,
        target="item:T1",
        question="Changed words",
        now=NOW,
    )
    replies.write(session, entry, partners[1].id, author="Bopha", text="We publish plans in May.", now=NOW)
    session.flush()
    said = read(log_in(amina).get(address(partnership)))
    assert f"{partners[1].name} We publish plans in May." in said


@pytest.mark.parametrize(
    ("more", "data", "name", "said"),
    [
        ("/words", {"introduction": "x" * 50_000, "ground_rules": ""}, "introduction", "50000 characters; 2000 fit"),
        ("/words", {"introduction": "", "ground_rules": "a\n" * 13}, "ground_rules", "At most 12 rules"),
        ("/words", {"introduction": "", "ground_rules": "a" * 201}, "ground_rules", "At most 12 rules"),
        ("/share", {"until": ""}, "until", "Please give a date."),
        ("/share", {"until": NOW.date().isoformat()}, "until", "This date lies in the past."),
        ("/share", {"until": "soon"}, "until", "This is not a date."),
        ("/share", {}, "until", "Please give a date."),
    ],
)
def test_what_does_not_fit_is_typed_again(log_in, amina, session, partnership, released, more, data, name, said):
    page = log_in(amina).post(address(partnership, more), data=data)
    assert page.status_code == 422
    assert said in read(page)
    assert f'id="{name}-error"' in page.text
    assert briefs.find_words(session, released[2].id) is None


def test_long_comment_is_not_cut(log_in, session, partnership, shared, dara, released):
    page = log_in(dara).post(address(partnership, "/comment"), data={"comment": "y" * 1501})
    assert page.status_code == 422
    assert "1501 characters; 1500 fit" in read(page)
    assert "y" * 1501 in page.text
    assert briefs.comments_of(session, released[2].id) == []


HARD = "<script>alert(1)</script> {{7*7}} \u202eevil مؤسسة 😀 #let x = 1 $1/0$ \\ *b* @x"


def test_hard_words_are_text_in_page_and_pdf(log_in, amina, partnership, shared, dara):
    log_in(dara).post(address(partnership, "/comment"), data={"comment": HARD})
    browser = log_in(amina)
    browser.post(address(partnership, "/words"), data={"introduction": HARD, "ground_rules": HARD})
    page = browser.get(address(partnership))
    assert "<script>alert" not in page.text
    assert html.unescape(page.text).count(HARD) == 3
    assert browser.get(address(partnership, ".pdf")).content.startswith(b"%PDF")


@pytest.mark.parametrize("more", ["/words", "/share", "/release"])
def test_only_the_facilitator_writes(log_in, partnership, shared, dara, stranger, more):
    for account in (dara, stranger):
        assert log_in(account).post(address(partnership, more), data={"until": UNTIL}).status_code == 404


def test_only_a_representative_comments(log_in, amina, partnership, shared, seated, stranger):
    for account in (amina, seated("reader"), seated("trustee"), stranger):
        assert log_in(account).post(address(partnership, "/comment"), data={"comment": "x"}).status_code == 404


@pytest.mark.parametrize("more", ["/words", "/share", "/comment", "/release"])
def test_round_without_a_release(log_in, amina, partnership, released, more):
    assert log_in(amina).post(address(partnership, more, 9), data={"until": UNTIL}).status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.post(address(partnership, "/share")).headers["location"] == "/login"
