"""A charter is written, put to signature, signed by everybody, and from then on only amended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from surveys import charter, charter_versions, partnerships, signing
from surveys.models import Partnership
from surveys.problems import CharterFixed, InvalidEntry, InvalidInput, LinkNotOpen, NotFound
from tests.charters import DISPUTES, SIGNED_ON, sign_everywhere, write_charter
from tests.factories import make_organization, make_partnership, make_round

LATER = SIGNED_ON + timedelta(days=400)


@pytest.fixture
def unsigned(session):
    """Four partners who have not written anything yet."""
    made = partnerships.create_partnership(session, code="bare", title="Bare", goal="A goal")
    for place, (name, kind) in enumerate(
        (("Ministry", "central_government"), ("Fund", "donor_country"), ("Network", "national_ngo"))
    ):
        role = "lead" if place == 0 else "member"
        partnerships.join(session, made, make_organization(session, name, kind), role=role, on=date(2024, 1, 1))
    session.flush()
    return made


def test_it_works(session, unsigned):
    assert charter.dispute_mechanism(session, unsigned.id) is None
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    assert charter.in_force(session, unsigned.id) is None
    sign_everywhere(session, draft)
    assert charter.in_force(session, unsigned.id) == draft
    mechanism = charter.dispute_mechanism(session, unsigned.id)
    assert [(one.code, one.days) for one in mechanism.stages] == [
        ("direct_talks", 14),
        ("facilitated", 30),
        ("steering_group", 30),
        ("external", 60),
    ]
    assert charter.decision_rule(session, unsigned.id) == charter.DecisionRule("consensus", 60)
    assert charter.clauses(session, unsigned.id)[0].texts["en"] == "We tell each other bad news first."


def test_nothing_is_in_force_until_the_last_partner_signs(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    first, *others = [one for _, one in partnerships.members_on(session, unsigned.id, SIGNED_ON)]
    for one in others:
        signing.sign_by_account(session, draft, one.id, person="Head", on=SIGNED_ON)
    assert draft.state == "signing"
    assert signing.unsigned(session, draft, SIGNED_ON) == [first]


@pytest.mark.parametrize("missing", ["vision", "disputes", "decisions", "engagement", "clauses"])
def test_a_text_with_a_gap_is_not_put_to_signature(session, unsigned, missing):
    draft = write_charter(session, unsigned)
    draft.body = {code: values for code, values in draft.body.items() if code != missing}
    with pytest.raises(InvalidInput, match=missing):
        signing.put_to_signature(session, draft, on=SIGNED_ON)


def test_what_is_being_signed_does_not_change(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    with pytest.raises(CharterFixed):
        charter_versions.write_section(session, draft, "vision", {"vision": "Other"}, today=SIGNED_ON)
    with pytest.raises(CharterFixed):
        charter_versions.remove_entry(draft, "clauses", 0)


def test_a_text_changed_in_the_database_counts_as_unsigned(session):
    made = make_partnership(session)
    agreed = charter.in_force(session, made.id)
    assert len(charter.signed_by(session, agreed)) == 4
    agreed.body = {**agreed.body, "vision": {"vision": "Another one"}}
    assert charter.signed_by(session, agreed) == set()


def test_an_amendment_asks_everybody_again_and_is_an_event(session):
    made = make_partnership(session)
    first = charter.in_force(session, made.id)
    with pytest.raises(InvalidInput, match="reason"):
        charter_versions.begin_draft(session, made)
    draft = charter_versions.begin_draft(session, made, reason="A longer time to talk")
    longer = {**DISPUTES, "direct_talks_days": 21}
    charter_versions.write_section(session, draft, "disputes", longer, today=LATER)
    assert [(one.section, one.field, one.before, one.after) for one in charter_versions.differences(first, draft)] == [
        ("disputes", "direct_talks_days", 14, 21)
    ]
    signing.put_to_signature(session, draft, on=LATER)
    assert charter.current(session, made.id) == draft
    assert len(signing.unsigned(session, draft, LATER)) == 4
    assert charter.dispute_mechanism(session, made.id).stages[0].days == 14
    sign_everywhere(session, draft, on=LATER)
    assert first.state == "superseded"
    assert charter.dispute_mechanism(session, made.id).stages[0].days == 21
    assert [(one.on, one.kind) for one in charter.events(session, made.id)] == [
        (SIGNED_ON, "charter_signed"),
        (LATER, "charter_amended"),
    ]


def test_an_amendment_that_changes_nothing_is_not_signed(session):
    made = make_partnership(session)
    draft = charter_versions.begin_draft(session, made, reason="For fun")
    with pytest.raises(InvalidInput, match="changes nothing"):
        signing.put_to_signature(session, draft, on=LATER)


def test_a_withdrawn_amendment_leaves_the_old_text(session):
    made = make_partnership(session)
    draft = write_charter(session, made, on=LATER, vision={"vision": "Rain for all"})
    signing.put_to_signature(session, draft, on=LATER)
    signing.withdraw(draft)
    assert charter.current(session, made.id).version == 1
    assert charter_versions.begin_draft(session, made, reason="Again").version == 3


def test_a_link_signs_once(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    _, organization = partnerships.members_on(session, unsigned.id, SIGNED_ON)[0]
    signature, secret = signing.ask(session, draft, organization.id, person="Sokha", on=SIGNED_ON)
    session.flush()
    assert secret not in repr(signature.model_dump())
    found, same = signing.redeem(session, secret)
    signing.sign_by_link(session, found, same, person="Sokha Chan", on=SIGNED_ON)
    session.flush()
    with pytest.raises(LinkNotOpen):
        signing.redeem(session, secret)
    with pytest.raises(InvalidInput, match="already"):
        signing.sign_by_account(session, draft, organization.id, person="Dara", on=SIGNED_ON)


def test_another_link_replaces_the_first(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    _, organization = partnerships.members_on(session, unsigned.id, SIGNED_ON)[0]
    _, first = signing.ask(session, draft, organization.id, person="Sokha", on=SIGNED_ON)
    session.flush()
    signing.ask(session, draft, organization.id, person="Dara", on=SIGNED_ON)
    session.flush()
    with pytest.raises(LinkNotOpen):
        signing.redeem(session, first)


def test_paper_is_marked_with_where_it_is_kept(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    _, organization = partnerships.members_on(session, unsigned.id, SIGNED_ON)[0]
    given = {"person": "Vanna", "today": LATER, "entered_by": "Amina"}
    with pytest.raises(InvalidInput, match="kept"):
        signing.sign_on_paper(session, draft, organization.id, on=SIGNED_ON, note=" ", **given)
    with pytest.raises(InvalidInput, match="future"):
        signing.sign_on_paper(session, draft, organization.id, on=LATER + timedelta(days=1), note="file 7", **given)
    signing.sign_on_paper(session, draft, organization.id, on=SIGNED_ON, note="file 7", **given)
    signature = charter.signatures(session, draft)[organization.id]
    assert (signature.way, signature.note, signature.entered_by) == ("paper", "file 7", "Amina")


def test_only_partners_sign(session, unsigned):
    draft = write_charter(session, unsigned)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    with pytest.raises(NotFound):
        signing.ask(session, draft, make_organization(session).id, person="Stranger", on=SIGNED_ON)


def test_a_newcomer_signs_the_text_in_force(session):
    made = make_partnership(session)
    newcomer = make_organization(session, "Newcomer", "un_agency")
    partnerships.join(session, made, newcomer, on=LATER)
    session.flush()
    agreed = charter.in_force(session, made.id)
    assert signing.unsigned(session, agreed, LATER) == [newcomer]
    signing.sign_by_account(session, agreed, newcomer.id, person="Anna", on=LATER)
    assert signing.unsigned(session, agreed, LATER) == []
    assert [one.kind for one in charter.events(session, made.id)] == ["charter_signed", "partner_joined"]


def test_the_mode_is_locked_once_a_round_began(session, keystore):
    made = make_partnership(session)
    make_round(session, keystore, partnership=made)
    draft = charter_versions.begin_draft(session, made, reason="Try")
    conduct = {**draft.body["conduct"], "dyadic_mode": "personal"}
    with pytest.raises(InvalidEntry) as refused:
        charter_versions.write_section(session, draft, "conduct", conduct, today=LATER)
    assert refused.value.details["faults"] == {"dyadic_mode": "locked"}


def test_signed_settings_apply(session, unsigned):
    conduct = {"dyadic_mode": "personal", "disclosure_level": "C", "keys_needed": 0, "pairing": "no"}
    draft = write_charter(session, unsigned, conduct=conduct)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    assert unsigned.dyadic_mode == "positions"
    sign_everywhere(session, draft)
    agreed = session.get_one(Partnership, unsigned.id)
    assert (agreed.dyadic_mode, agreed.disclosure_level, agreed.pairing) == ("personal", "C", False)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("contact", "", "empty"),
        ("contact", "x" * 50_000, "too_long"),
        ("contact", "a\nBcc: x", "unreadable"),
        ("acknowledge_days", "soon", "not_a_number"),
        ("acknowledge_days", "-1", "not_a_number"),
        ("acknowledge_days", "1e309", "not_a_number"),
        ("acknowledge_days", "2.5", "not_a_number"),
        ("external_days", "0", "not_a_number"),
        ("is_existence_public", "maybe", "not_a_choice"),
        ("hidden", "1", "unknown"),
    ],
)
def test_a_bad_value_is_named(session, unsigned, field, value, why):
    draft = charter_versions.begin_draft(session, unsigned)
    with pytest.raises(InvalidEntry) as refused:
        charter_versions.write_section(session, draft, "disputes", {**DISPUTES, field: value}, today=SIGNED_ON)
    assert refused.value.details["faults"] == {field: why}
    assert "disputes" not in draft.body


def test_khmer_digits_are_numbers(session, unsigned):
    draft = charter_versions.begin_draft(session, unsigned)
    given = {**DISPUTES, "acknowledge_days": "១៥"}
    charter_versions.write_section(session, draft, "disputes", given, today=SIGNED_ON)
    assert draft.body["disputes"]["acknowledge_days"] == 15
