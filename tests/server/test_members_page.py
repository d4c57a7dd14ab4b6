"""Partners join and leave, roles change, organizations are renamed, merged and split."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from surveys import accounts, charter, charter_versions, organizations, partnerships, signing
from tests.factories import NOW, make_account, make_organization, make_partnership
from tests.server.conftest import text_of

TODAY = NOW.date()


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/members{rest}"


def read(page):
    return html.unescape(text_of(page.text))


def members(session, partnership, day=TODAY):
    return {one.kind: (member, one) for member, one in partnerships.members_on(session, partnership.id, day)}


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, session, partnership):
    given = {"name": "Red Cross", "kind": "international_ngo", "role": "member", "on": TODAY.isoformat()}
    assert as_amina.post(address(partnership), data=given).status_code == 303
    page = read(as_amina.get(address(partnership)))
    assert "Red Cross" in page
    assert "international NGO, external" in page
    _, organization = members(session, partnership)["international_ngo"]
    assert "Red Cross" in read(as_amina.get(address(partnership, f"/{organization.id}")))


def test_a_partner_leaves_and_stays_in_the_past(as_amina, session, partnership):
    _, donor = members(session, partnership)["donor_country"]
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert as_amina.post(address(partnership, f"/{donor.id}/leave"), data={"on": yesterday}).status_code == 303
    assert "donor_country" not in members(session, partnership)
    assert donor.name in read(as_amina.get(address(partnership)))
    assert charter.events(session, partnership.id)[-1].kind == "partner_left"


def test_the_lead_does_not_leave(as_amina, session, partnership):
    _, ministry = members(session, partnership)["central_government"]
    page = as_amina.post(address(partnership, f"/{ministry.id}/leave"))
    assert page.status_code == 422
    assert "name another lead first" in read(page)


def test_the_lead_changes_with_a_reason(as_amina, session, partnership):
    _, network = members(session, partnership)["national_ngo"]
    page = as_amina.post(address(partnership, f"/{network.id}/lead"), data={"reason": ""})
    assert page.status_code == 422
    assert "recorded with its reason" in read(page)
    assert "Founding text, paragraph 3" in read(page)
    assert as_amina.post(address(partnership, f"/{network.id}/lead"), data={"reason": "Reform"}).status_code == 303
    assert members(session, partnership)["national_ngo"][0].role == "lead"


def test_a_donor_does_not_lead(as_amina, session, partnership):
    _, donor = members(session, partnership)["donor_country"]
    page = as_amina.post(address(partnership, f"/{donor.id}/lead"), data={"reason": "Money"})
    assert page.status_code == 422
    assert "the lead partner is a national organization" in read(page)
    assert members(session, partnership)["central_government"][0].role == "lead"
    given = {"name": "Fund", "kind": "donor_country", "role": "lead"}
    assert as_amina.post(address(partnership), data=given).status_code == 422


def test_a_new_name_keeps_the_organization(as_amina, session, partnership):
    _, ministry = members(session, partnership)["central_government"]
    old = ministry.name
    given = {"name": "Ministry of Water", "name_km": "ក្រសួងទឹក", "reason": "Reform"}
    assert as_amina.post(address(partnership, f"/{ministry.id}/rename"), data=given).status_code == 303
    assert members(session, partnership)["central_government"][1].id == ministry.id
    assert f"until 2026 called {old}" in read(as_amina.get(address(partnership)))
    event = charter.events(session, partnership.id)[-1]
    assert (event.kind, event.names["to"]["km"]) == ("organization_renamed", "ក្រសួងទឹក")


def test_a_merger_passes_the_place_on(as_amina, session, partnership):
    elsewhere = make_partnership(
        session, members=[make_organization(session), make_organization(session, kind="un_agency")]
    )
    _, bank = members(session, partnership)["lending_agency"]
    _, donor = members(session, partnership)["donor_country"]
    partnerships.join(session, elsewhere, bank, on=TODAY - timedelta(days=90))
    session.flush()
    given = {"into": str(donor.id), "reason": "One agency now"}
    assert as_amina.post(address(partnership, f"/{bank.id}/merge"), data=given).status_code == 303
    assert "lending_agency" not in members(session, partnership)
    assert members(session, elsewhere)["donor_country"][1].id == donor.id
    assert organizations.same_body(session, [bank.id, donor.id]) == {bank.id: donor.id, donor.id: donor.id}
    assert {one.kind for one in charter.events(session, partnership.id)} >= {"organization_merged", "partner_left"}


def test_the_lead_merges_into_no_donor(as_amina, session, partnership):
    _, ministry = members(session, partnership)["central_government"]
    _, donor = members(session, partnership)["donor_country"]
    page = as_amina.post(address(partnership, f"/{ministry.id}/merge"), data={"into": str(donor.id), "reason": "No"})
    assert page.status_code == 422
    assert "national organization" in read(page)
    assert members(session, partnership)["central_government"][0].role == "lead"


def test_a_part_becomes_a_partner(as_amina, session, partnership):
    _, ministry = members(session, partnership)["central_government"]
    given = {"name": "Water Authority", "kind": "local_government", "reason": "Law of 2026"}
    assert as_amina.post(address(partnership, f"/{ministry.id}/split"), data=given).status_code == 303
    assert members(session, partnership)["local_government"][1].name == "Water Authority"
    assert f"was part of {ministry.name} until 2026" in read(as_amina.get(address(partnership)))


def test_who_never_signed_may_leave_and_the_charter_stands(as_amina, session, partnership):
    draft = charter_versions.begin_draft(session, partnership, reason="Faster")
    charter_versions.write_section(session, draft, "vision", {"vision": "Rain"}, today=TODAY)
    signing.put_to_signature(session, draft, on=TODAY)
    _, donor = members(session, partnership)["donor_country"]
    for one in signing.unsigned(session, draft, TODAY):
        if one.id != donor.id:
            signing.sign_by_account(session, draft, one.id, person="Head", on=TODAY)
    assert draft.state == "signing"
    as_amina.post(address(partnership, f"/{donor.id}/leave"), data={"on": TODAY.isoformat()})
    assert draft.state == "in_force"


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "kind": "un_agency"},
        {"name": "x" * 300, "kind": "un_agency"},
        {"name": "A\x07B", "kind": "un_agency"},
        {"name": "Alien", "kind": "martian"},
        {"name": "Late", "kind": "un_agency", "on": "tomorrow"},
        {"name": "Boss", "kind": "un_agency", "role": "boss"},
    ],
)
def test_bad_partners_are_explained(as_amina, session, partnership, given):
    before = len(members(session, partnership))
    assert as_amina.post(address(partnership), data=given).status_code == 422
    assert len(members(session, partnership)) == before


def test_an_organization_of_strangers_is_not_found(as_amina, session, partnership, stranger):
    theirs = accounts.partnerships_of(session, stranger)[0]
    organization = members(session, theirs)["donor_country"][1]
    assert organization.name not in as_amina.get(address(partnership)).text
    assert as_amina.post(address(partnership), data={"known": str(organization.id)}).status_code == 404
    assert as_amina.get(address(partnership, f"/{organization.id}")).status_code == 404
    assert as_amina.post(address(partnership, f"/{organization.id}/leave")).status_code in (404, 422)


@pytest.mark.parametrize("role", ["reader", "representative"])
def test_others_read_and_change_nothing(log_in, session, partnership, role):
    donor = members(session, partnership)["donor_country"][1]
    account = make_account(session, role)
    organization_id = donor.id if role == "representative" else None
    accounts.entrust(session, account, partnership.id, role=role, organization_id=organization_id)
    session.flush()
    browser = log_in(account)
    assert "Add a partner" not in browser.get(address(partnership)).text
    assert browser.post(address(partnership), data={"name": "X", "kind": "un_agency"}).status_code == 404
    assert browser.post(address(partnership, f"/{donor.id}/leave")).status_code == 404
    assert browser.get(address(partnership, f"/{donor.id}")).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, partnership):
    assert log_in(stranger).get(address(partnership)).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_organization(as_amina, partnership, unknown):
    assert as_amina.get(address(partnership, f"/{unknown}")).status_code == 404
