"""GET /partnerships/{id}/rounds/{number}: the release of a round, or what happens before there is one."""

from __future__ import annotations

import html
from dataclasses import replace
from uuid import uuid4

import pytest

from server import technical
from server.technical_words import OTHERS, RESPONSE, TRUST, about, label, number
from server.wording import Wording
from surveys import accounts, commitments, discussions, releases
from surveys.commitments import Promise
from surveys.models import ReleaseRow
from surveys.partnerships import members_on
from surveys.releases import Cell, Comment, Fact
from tests.factories import cast_all, make_account, make_round
from tests.sample_releases import INSTRUMENT, PARTNERS, SERIES
from tests.server.conftest import make_released, text_of

WORDING = Wording("en", INSTRUMENT, PARTNERS)


def address(partnership, number):
    return f"/partnerships/{partnership.id}/rounds/{number}"


def read(page):
    return html.unescape(text_of(page.text))


def test_it_works(log_in, amina, partnership, released):
    page = log_in(amina).get(address(partnership, 3))
    assert page.status_code == 200
    said = read(page)
    assert "Trust 60 (52 to 68) 66 (57 to 75) 54 (45 to 63) answers differ 16-25" in said
    assert "People who answered 18 83 %" in said
    assert "Transparency not comparable: the questionnaire, the languages or the partners changed in between" in said
    assert "The budget came late <again>. for everybody" in said
    assert "unchanged since it was stored" in said
    assert INSTRUMENT.digest in said
    assert page.text.count("<svg") == 2


def test_earlier_round_shows_its_own_numbers(log_in, amina, partnership, released):
    said = read(log_in(amina).get(address(partnership, 1)))
    assert "Trust 62 (54 to 70)" in said
    assert "60 (52 to 68)" not in said


def test_damaged_release_says_so(log_in, amina, session, partnership, released):
    row = session.exec(ReleaseRow.__table__.select().where(ReleaseRow.round_id == released[2].id)).one()
    session.get(ReleaseRow, row.id).digest = "0" * 64
    session.flush()
    assert "DAMAGED" in read(log_in(amina).get(address(partnership, 3)))


def test_facilitator_sees_what_was_meant_for_her(log_in, amina, session, keystore, partnership):
    more = replace(
        SERIES[0],
        cells=(*SERIES[0].cells, Cell("rating", "pair:o1>o2", audience="facilitator", value=40)),
        comments=(Comment("T", "Only for you.", "O2", "facilitator"),),
        facts=(Fact("F1", 7, source="minutes"),),
    )
    make_released(session, keystore, partnership, (more,))
    said = read(log_in(amina).get(address(partnership, 1)))
    assert "Ministry of Health → Example Fund 40" in said
    assert "Only for you. for the facilitator only" in said
    assert "F1 7 minutes" in said


def test_reader_sees_what_everybody_may(log_in, session, keystore, partnership):
    more = replace(SERIES[0], comments=(Comment("T", "Only for you.", "O2", "facilitator"),))
    make_released(session, keystore, partnership, (more,))
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    page = log_in(reader).get(address(partnership, 1))
    assert page.status_code == 200
    assert "Only for you." not in page.text


def test_what_became_of_earlier_agreements(log_in, amina, session, partnership, released, now):
    owner = members_on(session, partnership.id, now.date())[0][1]
    before = released[0].closes_at
    entry = discussions.open_entry(
        session,
        partnership_id=partnership.id,
        round_id=released[0].id,
        target="construct:T",
        question="What would help us to hear earlier?",
        now=before,
    )
    promised = Promise("Share the calendar", owner.id, None, released[1].closed_on, "construct:T")
    commitments.make(
        session,
        partnership.id,
        promised,
        members=[owner.id],
        by="Amina",
        now=before,
        discussion_id=entry.id,
    )
    browser = log_in(amina)
    said = read(browser.get(address(partnership, 2)))
    assert f"What would help us to hear earlier? Round 1 Share the calendar {owner.name}" in said
    assert "agreed, past its date" in said
    assert "What would help us to hear earlier?" not in browser.get(address(partnership, 1)).text


def test_open_round_tells_who_is_invited_and_nothing_else(log_in, amina, session, keystore, partnership):
    round_ = make_round(session, keystore, partnership=partnership)
    before = read(log_in(amina).get(address(partnership, 1)))
    assert "open for answers until 26 June 2026, 16:00" in before
    assert "8 people, 4 organizations" in before
    assert "Ministry of Rural Works" in before
    cast_all(session, keystore, round_, T1=7)
    assert read(log_in(amina).get(address(partnership, 1))) == before


def test_closed_round_tells_when_the_box_is_opened(log_in, amina, session, keystore, partnership):
    make_round(session, keystore, partnership=partnership).state = "closed"
    session.flush()
    said = read(log_in(amina).get(address(partnership, 1)))
    assert "closed, the box is opened on 26 June 2026, 18:00 (Phnom Penh, +0700)" in said
    assert "Show all links" not in said


def test_prepared_round_shows_its_steps(log_in, amina, session, keystore, partnership):
    make_round(session, keystore, partnership=partnership, state="prepared")
    said = read(log_in(amina).get(address(partnership, 1)))
    assert "1. Dates" in said
    assert "Make a link for this person" in said
    assert "Comes after the approval." in said


def test_reader_sees_no_steps_and_no_addresses(log_in, session, keystore, partnership):
    make_round(session, keystore, partnership=partnership)
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    page = log_in(reader).get(address(partnership, 1))
    assert page.status_code == 200
    assert "<form" not in page.text.split("<main")[1].split("</main>")[0]
    assert "@example.org" not in page.text.split("<main")[1]


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    assert log_in(stranger).get(address(partnership, 3)).status_code == 404


@pytest.mark.parametrize("wrong", [4, 0, -1, 10**18, "x", "3.5"])
def test_unknown_or_malformed_number(log_in, amina, partnership, released, wrong):
    assert log_in(amina).get(address(partnership, wrong)).status_code == 404


def test_unknown_partnership(log_in, amina, released):
    assert log_in(amina).get(f"/partnerships/{uuid4()}/rounds/1").status_code == 404


def test_wrong_method(log_in, amina, partnership, released):
    assert log_in(amina).post(address(partnership, 3)).status_code == 405


def test_shares_of_one_keep_their_decimals():
    assert number(Cell("alpha", "construct:T", value=0.864, low=0.81, high=0.9), WORDING) == "0.86 (0.81 to 0.90)"
    assert number(Cell("alpha", "construct:T", reason="too_few"), WORDING) == "too few answers to show"
    assert number(Cell("received", "partner:o1", value=66), WORDING) == "66"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("construct:T~construct:R", "Transparency – Trust"),
        ("language:km", "ភាសាខ្មែរ"),
        ("topic:T", "Transparency"),
        ("factor:weights", "weights of the constructs"),
        ("component:rater", "tendency of those who rate"),
        ("composite", "Partnership health index"),
    ],
)
def test_targets_have_names(target, name):
    assert about(target, WORDING) == name


def test_every_quantity_of_the_vocabulary_is_shown():
    known = releases.__doc__.split("estimate ")[1].split("target ")[0].replace("\n", " ").split(",")
    tables = {"level", "spread", "gap_sides", "change_last", "change_first", "trend", "rating", "cannot_judge"}
    tables |= {"change_since_<round> (of what commitments should move)"}  # beside its commitment
    assert {one.strip() for one in known} == tables | set(OTHERS) | set(RESPONSE) | set(TRUST)


def test_pairs_stand_in_one_line():
    cells = (
        Cell("rating", "pair:o1>o2", value=40),
        Cell("rating", "pair:o2>o1", value=70),
        Cell("rating", "side:national>external", value=55, low=40, high=70),
        Cell("asymmetry", "pair:o1>o2", value=-30, low=-45, high=-15),
        Cell("asymmetry", "partnership", value=30, n=1, method="mean absolute"),
    )
    made = technical.tables(replace(SERIES[0], cells=cells), WORDING)
    assert [table.rows for table in made] == [
        (
            ("Ministry of Health → Example Fund", "40", "−30 (−45 to −15)"),
            ("Example Fund → Ministry of Health", "70", ""),
            ("national partners → external partners", "55 (40 to 70)", ""),
        )
    ]
    (row,) = technical.further(replace(SERIES[0], cells=cells), WORDING).rows
    assert row == ("Received minus given", "The partnership", "all partners", "30", "mean absolute")


def test_response_by_side_is_named():
    cells = (Cell("response_organizations", "partnership", "national", value=50.0, n=4),)
    (table,) = technical.tables(replace(SERIES[0], cells=cells), WORDING)
    assert table.rows == (("Organizations that answered: national partners", "4", "50 %"),)


def test_quantities_with_gaps_filled_say_so():
    assert label("srm_reliability_gaps", WORDING) == "Reliability of these tendencies, with few gaps filled"


def test_unopened_round_says_so_above_its_release(log_in, amina, session, partnership, released):
    released[2].state = "not_opened"
    session.flush()
    said = read(log_in(amina).get(address(partnership, 3)))
    assert "Too few people answered: their answers were destroyed unread" in said
