"""Partners come and go while somebody answers about them: names change, many partners fit, three codes stay apart."""

from __future__ import annotations

from uuid import UUID

import pytest

from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from surveys.models import Organization
from tests.factories import make_organization, make_partnership, make_round, secret_of
from tests.server.conftest import Person

KINDS = ("central_government", "donor_country", "un_agency", "national_ngo")


@pytest.fixture
def many(session, keystore):
    """A partnership of 26: everybody answers about 25 others."""
    members = [make_organization(session, f"Partner {n:02}", KINDS[n % 4]) for n in range(26)]
    partnership = make_partnership(session, members=members)
    return make_round(session, keystore, partnership=partnership, people=1, instrument=standard_instrument())


@pytest.fixture
def lone(session, keystore, many, new_browser):
    invitation = next(iter(rounds.invitations_of(session, many)))
    person = Person(new_browser(), invitation, secret_of(keystore, many, invitation))
    person.enter()
    return person


def test_twenty_five_partners_fit_into_one_position(session, keystore, many, lone):
    others = [one for one in many.invited if one != str(lone.invitation.organization_id)]
    longest = {"D0": "some", **dict.fromkeys((f"D{n}" for n in range(1, 9)), "cannot_judge")}
    for partner in others:
        assert lone.browser.post(f"/position/{partner}", data=longest).status_code == 303
    version = lone.see("/position").text.split('name="version" value="')[1].split('"')[0]
    assert lone.browser.post("/position/act/sign", data={"version": version}).status_code == 303
    (sealed,) = ballots.unseal(session, many, keystore.load(many.id)).positions
    assert sealed["ratings"].keys() == set(others)


def test_partner_renamed_between_saving_and_signing(session, keystore, many, lone):
    other = next(one for one in many.invited if one != str(lone.invitation.organization_id))
    lone.browser.post(f"/position/{other}", data={"D0": "some", "D1": "7"})
    session.get_one(Organization, UUID(other)).name = "A quite different name"
    session.flush()
    session.expire_all()
    page = lone.see(f"/position/{other}").text
    assert 'name="D1" value="7" checked' in page


def test_three_codes_stay_apart(session, keystore, many, lone):
    """No contact, cannot judge, prefer not, and nothing at all."""
    one, two, three, four = [key for key in many.invited if key != str(lone.invitation.organization_id)][:4]
    for partner, given in ((one, {"D0": "none"}), (two, {"D7": "cannot_judge"}), (three, {"D7": "prefer_not"})):
        lone.browser.post(f"/position/{partner}", data=given)
    version = lone.see("/position").text.split('name="version" value="')[1].split('"')[0]
    lone.browser.post("/position/act/sign", data={"version": version})
    (sealed,) = ballots.unseal(session, many, keystore.load(many.id)).positions
    assert sealed["ratings"] == {one: {"D0": "none"}, two: {"D7": "cannot_judge"}, three: {"D7": "prefer_not"}}
    assert four not in sealed["ratings"]
