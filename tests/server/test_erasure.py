"""Names go: by the clock after a release, and on request; answers, releases and the sealed list stay whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from server.backup import back_up
from server.forgetting import forget
from server.settings import Settings
from server.ticker import tick
from surveys import accounts, audit, contacts, erasure, frozen, rounds
from surveys.contacts import Named
from surveys.database import transaction
from surveys.models import Account, Invitation, Organization, Round
from tests.factories import NOW, make_account, make_round

HALF_A_YEAR = timedelta(days=183)


@pytest.fixture
def settings(tmp_path):
    return Settings(var_dir=tmp_path)


def over(session, keystore, **given) -> Round:
    round_ = make_round(session, keystore, **given)
    round_.state, round_.keys_state = "released", "destroyed"
    session.flush()
    return round_


def names(session, round_):
    return list(rounds.invitations_of(session, round_))


class TestByTheClock:
    def test_it_works(self, fresh_engine, keystore, tmp_path):
        with transaction(fresh_engine) as session:
            old, young = over(session, keystore), make_round(session, keystore)
        late = old.closes_at + HALF_A_YEAR
        with transaction(fresh_engine) as session:
            session.get_one(Round, young.id).closes_at = late + timedelta(days=1)
        report = tick(fresh_engine, keystore, tmp_path / "b", now=late, settings=Settings(var_dir=tmp_path))
        assert report.names_deleted == 1
        with Session(fresh_engine) as session:
            assert names(session, old) == []
            assert len(names(session, young)) == 8
            assert session.get_one(Round, old.id).invited == old.invited  # head-counts stay
            assert audit.verify_chain(session) is None

    def test_not_a_day_early(self, session, keystore):
        round_ = over(session, keystore)
        assert erasure.due(session, round_.closes_at + HALF_A_YEAR - timedelta(days=1), HALF_A_YEAR) == []
        assert erasure.due(session, round_.closes_at + HALF_A_YEAR, HALF_A_YEAR) == [round_.id]

    def test_not_while_keys_wait_to_be_destroyed(self, session, keystore):
        round_ = over(session, keystore)
        round_.keys_state = "shred_pending"
        session.flush()
        assert erasure.due(session, round_.closes_at + timedelta(days=999), HALF_A_YEAR) == []


class TestForgetPerson:
    def test_it_works(self, fresh_engine, keystore, settings):
        with transaction(fresh_engine) as session:
            round_ = over(session, keystore)
            gone, stays = names(session, round_)[:2]
        done = forget(fresh_engine, settings, email=gone.email.upper(), organization="", now=NOW, also_backups=False)
        assert done == {"invitation": 1}
        with Session(fresh_engine) as session:
            assert session.get(Invitation, gone.id) is None
            assert session.get(Invitation, stays.id) is not None

    def test_no_file_holds_the_name_any_more(self, fresh_engine, keystore, settings, tmp_path):
        with transaction(fresh_engine) as session:
            round_ = over(session, keystore)
            one = names(session, round_)[0]
        back_up(fresh_engine, settings.var_dir / "backups", now=NOW)
        forget(fresh_engine, settings, email=one.email, organization="", now=NOW, also_backups=True)
        if fresh_engine.dialect.name != "sqlite":
            return  # PostgreSQL's files are not ours to read here; VACUUM FULL rewrites the table
        fresh_engine.dispose()
        held = [path for path in tmp_path.rglob("*") if path.is_file() and one.email.encode() in path.read_bytes()]
        assert held == []

    def test_open_round_keeps_its_sealed_list(self, session, keystore):
        round_ = make_round(session, keystore)
        one = names(session, round_)[0]
        assert erasure.forget_person(session, one.email) == {"name on the list of a round that is not over": 1}
        frozen.check(session, round_, keystore.load(round_.id))  # raises where the list is not what it was
        session.refresh(one)
        assert one.gone
        assert "p" not in one.email.partition("@")[0]
        assert one.person == erasure.ERASED

    def test_account_opens_no_more(self, session, keystore):
        made = make_account(session, "sokha")
        erasure.forget_person(session, "sokha@example.org")
        assert accounts.check_password(session, "sokha@example.org", "correct horse battery") is None
        assert accounts.check_password(session, session.get_one(Account, made.id).email, "!") is None
        assert accounts.seats_of(session, made) == {}

    def test_twice_changes_nothing(self, session, keystore):
        one = names(session, make_round(session, keystore))[0]
        erasure.forget_person(session, one.email)
        assert not erasure.forget_person(session, one.email)

    def test_unknown_address(self, session):
        assert not erasure.forget_person(session, "nobody@example.org")

    def test_without_an_address_by_name(self, fresh_engine, keystore, settings):
        with transaction(fresh_engine) as session:
            round_ = over(session, keystore)
            gone, same_name, *_ = names(session, round_)
            gone.email, same_name.person = None, gone.person
            organization = session.get_one(Organization, gone.organization_id)
            named = Named(gone.person, "", organization.id)
            contacts.put(session, round_.partnership_id, [named])
            contacts.put(session, round_.partnership_id, [Named("Emma", "", organization.id)])
        given = {"email": "", "organization": organization.name, "also_backups": False, "now": NOW}
        assert forget(fresh_engine, settings, **given, person=gone.person.upper()) == {"invitation": 1, "contact": 1}
        with Session(fresh_engine) as session:
            assert session.get(Invitation, gone.id) is None
            assert session.get(Invitation, same_name.id) is not None
            assert [one.person for one in contacts.of_partnership(session, round_.partnership_id)] == ["Emma"]

    def test_contact_goes_too(self, session, keystore):
        round_ = make_round(session, keystore)
        one = names(session, round_)[0]
        contacts.put(session, round_.partnership_id, [Named("Emma", "emma@example.org", one.organization_id)])
        assert erasure.forget_person(session, "EMMA@example.org") == {"contact": 1}


class TestForgetOrganization:
    def test_it_works(self, fresh_engine, keystore, settings):
        with transaction(fresh_engine) as session:
            round_ = over(session, keystore)
            organization = session.get_one(Organization, names(session, round_)[0].organization_id)
        done = forget(fresh_engine, settings, email="", organization=organization.name, now=NOW, also_backups=False)
        assert done["invitation"] == 2
        with Session(fresh_engine) as session:
            left = session.exec(select(Invitation.organization_id)).all()
            assert organization.id not in left
            assert len(left) == 6
            assert session.get(Organization, organization.id) is not None  # releases name it
