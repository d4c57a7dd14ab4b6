"""The personal and anonymous mode: each person is asked about the partners; only means received ever leave the box."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from server.carry_over import read_box
from server.opening import open_round
from server.sheets import partners_of
from surveys import ballots, releases, rounds
from surveys.answers import Circumstances, check_answers
from surveys.database import transaction
from surveys.instruments import standard_instrument
from surveys.invitations import Visit
from surveys.models import Ballot, CarryOver, Partnership, ReleaseRow, Response
from surveys.problems import InvalidAnswers
from surveys.releases import Cell
from tests.factories import NOW, make_organization, make_partnership, make_round, payload_of
from tests.sample_releases import SERIES
from tests.server.conftest import make_released, text_of
from tests.server.test_opening import answers_of

INSTRUMENT = standard_instrument()
OPENED = NOW + timedelta(days=12)
SAID = {"D0": "some", "D1": "7", "D2": "6", "D5": "8", "D7": "7", "D8": "5"}


@pytest.fixture
def asked(session, keystore):
    """An open round in the personal mode; the fixtures of people answer this one."""
    return make_round(
        session, keystore, partnership=make_partnership(session, dyadic_mode="personal"), instrument=INSTRUMENT
    )


def others_of(round_, person):
    return sorted(set(round_.invited) - {str(person.invitation.organization_id)})


def sealed(session, keystore, round_):
    return ballots.unseal(session, round_, keystore.load(round_.id)).personal


# Asking ---------------------------------------------------------------------------------------------------------------


def test_it_works(session, keystore, invited, asked):
    person = invited()
    for partner in others_of(asked, person):
        assert person.save(f"partner-{partner}", **SAID).status_code == 303
    person.hand_in()
    (payload,) = sealed(session, keystore, asked)
    assert set(payload["dyads"]) == set(others_of(asked, person))
    assert payload["dyads"][others_of(asked, person)[0]] == {"D0": "some", "D1": 7, "D2": 6, "D5": 8, "D7": 7, "D8": 5}
    assert {one.round_id for one in session.exec(select(Ballot)).all()} == {asked.id}


def test_the_mode_is_said_above_the_questions(invited, asked):
    person = invited()
    page = person.see(f"/answer/part/partner-{others_of(asked, person)[0]}").text
    said = (
        "These answers are anonymous. Only the average this partner receives is shown, and only from at least 5 people"
    )
    assert said in text_of(page.replace("</strong>", ""))
    assert page.index("These answers are anonymous") < page.index("<fieldset")


def test_own_organization_is_not_asked_about(invited, asked):
    person = invited()
    assert person.see(f"/answer/part/partner-{person.invitation.organization_id}").status_code == 404


def test_answers_are_there_again(invited, asked):
    person = invited()
    partner, other = others_of(asked, person)[:2]
    person.save(f"partner-{partner}", **SAID)
    assert 'value="some" checked' in person.see(f"/answer/part/partner-{partner}").text
    assert " checked" not in person.see(f"/answer/part/partner-{other}").text


def test_without_contact_the_rest_is_left_out(session, keystore, invited, asked):
    person = invited()
    partner = others_of(asked, person)[0]
    answer = person.save(f"partner-{partner}", D0="none", D1="9", D7="7", D8="5")
    assert "missing" not in answer.headers["location"]
    person.hand_in()
    assert sealed(session, keystore, asked)[0]["dyads"] == {partner: {"D0": "none", "D7": 7, "D8": 5}}


def test_missing_is_pointed_out_once(invited, asked):
    person = invited()
    code = f"partner-{others_of(asked, person)[0]}"
    assert person.save(code, D0="some").headers["location"].endswith("?missing=1")
    assert "missing" not in person.save(code, D0="some").headers["location"]


@pytest.mark.parametrize("wrong", [{"D1": "11"}, {"D0": "often"}])
def test_wrong_values(invited, asked, wrong):
    person = invited()
    assert person.save(f"partner-{others_of(asked, person)[0]}", **wrong).status_code == 422


def test_nobody_is_asked_about_partners_where_positions_are_taken(session, invited, asked):
    asked.dyadic_mode = "positions"
    session.flush()
    person = invited()
    assert person.see(f"/answer/part/partner-{others_of(asked, person)[0]}").status_code == 404


def test_partners_are_shared_out_from_twelve_on(session, keystore, client):
    members = [make_organization(session, f"Member {at}") for at in range(11)]
    partnership = make_partnership(session, members=members, dyadic_mode="personal")
    round_ = make_round(session, keystore, partnership=partnership, instrument=INSTRUMENT)
    first, second = (
        [one for one in rounds.invitations_of(session, round_) if one.organization_id == members[0].id][at]
        for at in (0, 1)
    )
    form = rounds.form_of(session, partnership.id)
    asked_about = [
        {one.id for one in partners_of(session, Visit(one, round_, partnership, members[0]), INSTRUMENT, form)}
        for one in (first, second)
    ]
    assert [len(one) for one in asked_about] == [9, 9]
    assert asked_about[0] | asked_about[1] == {one.id for one in members[1:]}


def test_answers_about_partners_nobody_asked_for_are_not_sealed():
    circumstances = Circumstances(1, has_external_lead=False, n_external=2)
    payload = {"organization": "a", "language": "en", "dyads": {"b": {"D1": 7}}}
    check_answers(INSTRUMENT, circumstances, payload, ["b", "c"])
    for partners in ([], ["c"]):
        with pytest.raises(InvalidAnswers):
            check_answers(INSTRUMENT, circumstances, payload, partners)
    with pytest.raises(InvalidAnswers):
        check_answers(INSTRUMENT, circumstances, {**payload, "organization": "b"}, ["b"])


# Opening --------------------------------------------------------------------------------------------------------------


def close_round(engine, keystore, *, partnership=None, later=0, people=3, rated_by=None):
    """A closed round in which everybody rated everybody, `later` days after the first; D1 says who rated whom."""
    moved = timedelta(days=later)
    with transaction(engine) as session:
        partnership = session.merge(partnership) if partnership else make_partnership(session, dyadic_mode="personal")
        round_ = make_round(
            session,
            keystore,
            people=people,
            instrument=INSTRUMENT,
            partnership=partnership,
            opens_at=NOW - timedelta(days=3) + moved,
            closes_at=NOW + timedelta(days=11) + moved,
        )
        places = {one: at for at, one in enumerate(sorted(round_.invited))}
        for at, one in enumerate(rounds.invitations_of(session, round_)):
            own = str(one.organization_id)
            payload = payload_of(one, **answers_of(at))
            if rated_by is None or places[own] in rated_by:
                others = {other: place for other, place in places.items() if other != own}
                payload["dyads"] = {one: {"D0": "some", "D1": 2 + (at + 3 * pl) % 7} for one, pl in others.items()}
            ballots.cast(session, round_, keystore.load(round_.id), one.id, payload)
        rounds.close(session, round_, keystore, now=round_.closes_at + timedelta(hours=2))
        return round_


def released(engine, keystore, **given):
    """The round, opened, and its release as facilitators see it."""
    round_ = close_round(engine, keystore, **given)
    open_round(engine, keystore, round_.id, now=OPENED + timedelta(days=given.get("later", 0)))
    with Session(engine) as session:
        return round_, releases.series(session, round_.partnership_id, audience="facilitator")[-1]


def test_the_mean_received_is_shown_and_nothing_else(fresh_engine, keystore):
    round_, release = released(fresh_engine, keystore)
    about = [cell for cell in release.cells if cell.target.startswith(("partner:", "pair:", "side:"))]
    assert {cell.estimate for cell in about} == {"received"}
    assert {cell.target for cell in about} == {f"partner:{one}" for one in round_.invited}
    assert {cell.audience for cell in about} == {"all"}
    assert any(cell.value is not None for cell in about)
    assert all(cell.n is None and (cell.low is None) == (cell.value is not None) for cell in about if not cell.reason)


def test_the_mean_is_one_voice_for_each_organization(fresh_engine, keystore):
    round_, release = released(fresh_engine, keystore)
    places = {one: at for at, one in enumerate(sorted(round_.invited))}
    with Session(fresh_engine) as session:
        order = [str(one.organization_id) for one in rounds.invitations_of(session, round_)]
    cells = {one: release.find("received", f"partner:{one}") for one in places}
    shown = {one: cell for one, cell in cells.items() if cell.value is not None}
    assert shown
    for partner, cell in shown.items():
        place = places[partner]
        given = {}
        for at, own in enumerate(order):
            if own != partner:
                given.setdefault(own, []).append(10 * (2 + (at + 3 * place) % 7))
        means = [sum(one) / len(one) for one in given.values()]
        assert cell.value == pytest.approx(sum(means) / len(means), abs=0.51)


def test_two_organizations_are_too_few(fresh_engine, keystore):
    _, release = released(fresh_engine, keystore, rated_by={0, 1})
    about = [cell for cell in release.cells if cell.estimate == "received"]
    assert about
    assert all(cell.value is None and cell.low is None and cell.reason for cell in about)


def test_no_row_and_no_box_keeps_who_rated_whom(fresh_engine, keystore):
    round_, _ = released(fresh_engine, keystore)
    dyadic = {item.code for item in INSTRUMENT.dyadic.items} | {INSTRUMENT.dyadic.contact.code}
    with Session(fresh_engine) as session:
        for row in session.exec(select(Response)):
            assert not dyadic & set(row.answers)
        body = session.exec(select(ReleaseRow.body).where(col(ReleaseRow.round_id) == round_.id)).one()
        assert not [one for one in json.loads(body)["cells"] if one["target"].startswith("pair:")]
        assert session.exec(select(CarryOver)).one()
        (earlier,) = read_box(session, keystore, round_)
        assert earlier.trust == {}
        assert not [target for target in earlier.means if "received" in target or "partner" in target]


def test_a_second_round_is_protected_together_with_the_first(fresh_engine, keystore):
    first, _ = released(fresh_engine, keystore)
    with Session(fresh_engine) as session:
        partnership = session.get_one(Partnership, first.partnership_id)
    _, release = released(fresh_engine, keystore, partnership=partnership, later=180)
    assert release.round_number == 2
    assert [cell for cell in release.cells if cell.estimate == "received" and cell.value is not None]


def test_pages_show_it_by_name(session, keystore, log_in, amina, partnership):
    last = SERIES[-1]
    named = last.partners[0]
    cells = (
        *(cell for cell in last.cells if not cell.target.startswith(("partner:", "pair:"))),
        Cell("received", f"partner:{named.id}", value=67.0, n_band="8-10", method="mean received"),
        Cell("received", f"partner:{last.partners[1].id}", reason="too_few"),
    )
    make_released(session, keystore, partnership, [replace(last, dyadic_mode="personal", cells=cells, round_number=1)])
    browser = log_in(amina)
    for page in ("/rounds/1", "/rounds/1/brief"):
        text = text_of(browser.get(f"/partnerships/{partnership.id}{page}").text)
        assert named.name in text
        assert "67" in text
