"""How much is asked follows from the members at the start of a series, and nothing else is sealed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from server import positions
from server.languages import translator
from server.positions import Position
from server.questionnaire import ratings_about, sections_of
from server.respondents import Respondent
from server.sheets import Sheet, circumstances_of, payload_of, period_of
from surveys import ballots, invitations, partnerships, rounds
from surveys.instruments import Form, standard_instrument
from surveys.problems import InvalidAnswers
from tests.charters import welcome_newcomers
from tests.factories import NOW, make_organization, make_partnership, make_round, secret_of

PTI = standard_instrument()


def respondent_of(session, keystore, members, *, people=2):
    """The first person invited to a partnership of this many members."""
    kinds = ("central_government", "donor_country", "un_agency", "national_ngo")
    organizations = [make_organization(session, kind=kinds[at % len(kinds)]) for at in range(members)]
    round_ = make_round(
        session,
        keystore,
        partnership=make_partnership(session, members=organizations),
        instrument=PTI,
        people=people,
    )
    invitation = next(iter(rounds.invitations_of(session, round_)))
    secret = secret_of(keystore, round_, invitation)
    visit = invitations.redeem(session, secret, now=NOW)
    return Respondent(visit, keystore.load(round_.id), secret, ballots.new_device_secret())


def sheet_of(session, respondent, content):
    circumstances = circumstances_of(session, respondent.visit)
    sections = sections_of(PTI, circumstances, "en", translator("en").gettext)
    return Sheet(respondent, PTI, circumstances, sections, content)


@pytest.mark.parametrize(("members", "is_short", "n_open"), [(4, False, 3), (5, True, 3), (7, True, 3), (8, True, 2)])
def test_form_is_chosen_for_members_and_two_newcomers(session, keystore, members, is_short, n_open):
    respondent = respondent_of(session, keystore, members)
    circumstances = circumstances_of(session, respondent.visit)
    assert circumstances.form == Form(is_short=is_short, n_open=n_open)
    sheet = sheet_of(session, respondent, {})
    assert len(sheet.find_section("open").questions) == n_open
    assert len(ratings_about(PTI, "Fund", "en", circumstances.form)) == (5 if is_short else 8)


def test_form_stays_when_the_partnership_grows(session, keystore):
    respondent = respondent_of(session, keystore, 4)
    partnership = respondent.visit.partnership
    for _ in range(6):
        partnerships.join(session, partnership, make_organization(session), on=NOW.date())
    welcome_newcomers(session, partnership, on=NOW.date())
    opens_at = NOW + timedelta(days=180)
    make_round(session, keystore, partnership=partnership, opens_at=opens_at, closes_at=opens_at + timedelta(days=14))
    assert rounds.form_of(session, partnership.id) == Form()


def test_form_before_the_first_round_is_the_full_one(session):
    assert rounds.form_of(session, make_partnership(session).id) == Form()


def test_form_ignores_who_left_before_the_series_began(session, keystore):
    respondent = respondent_of(session, keystore, 4)
    partnership = respondent.visit.partnership
    former = partnerships.join(session, partnership, make_organization(session), on=date(2020, 1, 1))
    former.left_on = date(2021, 1, 1)
    session.flush()
    assert rounds.form_of(session, partnership.id) == Form()


def test_answers_off_the_scale_are_not_sealed(session, keystore):
    sheet = sheet_of(session, respondent_of(session, keystore, 4), {"answers": {"V1": 99}})
    with pytest.raises(InvalidAnswers):
        payload_of(sheet, "en")


def test_answers_no_longer_asked_are_left_out(session, keystore):
    """A draft written while an external lead was there does not block handing in after it left."""
    sheet = sheet_of(session, respondent_of(session, keystore, 4), {"answers": {"V1": 5, "S4b": 5}})
    assert payload_of(sheet, "en")["answers"] == {"V1": 5}


def test_position_is_sealed_only_as_asked(session, keystore):
    respondent = respondent_of(session, keystore, 5, people=1)
    visit = respondent.visit
    partner = next(one for one in visit.round_.invited if one != str(visit.organization.id))
    for ratings in ({partner: {"D3": 5}}, {partner: {"D1": 11}}, {str(visit.organization.id): {"D1": 5}}):
        with pytest.raises(InvalidAnswers):
            positions.sign(session, respondent, Position(ratings, "Amina", "someone"), 0)
        assert not ballots.position_is_cast(session, respondent.keys, visit.organization.id)
    positions.sign(session, respondent, Position({partner: {"D0": "lot", "D1": 5}}, "Amina", "someone"), 0)
    assert ballots.position_is_cast(session, respondent.keys, visit.organization.id)


def test_time_needed_counts_the_questions_really_asked(session, keystore):
    few, many = (sheet_of(session, respondent_of(session, keystore, members), {}) for members in (4, 9))
    assert few.minutes(n_partners=3) <= 15
    assert many.minutes(n_partners=8) <= 17  # importance is asked once a year beside the rest


def test_the_first_round_asks_about_months_the_next_about_the_time_since(session, keystore):
    respondent = respondent_of(session, keystore, 4)
    partnership, first = respondent.visit.partnership, respondent.visit.round_
    assert period_of(partnership, first) == partnership.rhythm_months == 6
    opens_at = NOW + timedelta(days=180)
    second = make_round(
        session, keystore, partnership=partnership, opens_at=opens_at, closes_at=opens_at + timedelta(days=14)
    )
    assert period_of(partnership, second) == 0
