"""The respondents' desk: blank pages filled in, one writer, and what is kept of a round between two requests."""

from __future__ import annotations

import asyncio
import gzip
import random
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlmodel import Session, select

from server.app import ROUTES
from server.blank_pages import RESUME_CODE, BlankPage
from server.desk import Desk, FrontDesk
from server.writing import Writer
from surveys import rounds
from surveys.database import DRIVER, kept_transaction, make_engine, plain, transaction
from surveys.ladder import STANDARD
from surveys.models import Ballot, Organization
from tests.bench._service import ONE_PAGE
from tests.factories import make_organization, make_round, secret_of
from tests.server.conftest import Person, text_of

CHOICES = {item.code: 7 for item in ONE_PAGE.items}


class TestBlankPages:
    @pytest.mark.parametrize("language", ["en", "km"])
    def test_filled_in_is_what_is_rendered(self, invited, language, monkeypatch):
        """Every page of the questionnaire, half answered at random, beside the template itself."""
        person = invited()
        person.browser.post("/language", data={"language": language})
        chance = random.Random(7)
        for code in ("V", "T", "importance", "about", "open"):
            answers = {f"{code}{n}": str(chance.randint(0, 10)) for n in range(1, 9) if chance.random() < 0.5}
            saved = person.save(code, "back", **answers)
            assert saved.status_code in (303, 404, 422)
        pages = {path: person.see(path) for path in (f"/answer/part/{code}" for code in ("V", "T", "about", "open"))}
        monkeypatch.setattr("server.routes.answering._filled_in", lambda *_: None)
        for path, page in pages.items():
            assert page.status_code == 200
            assert person.see(path).text == page.text

    def test_nothing_of_one_person_shows_to_the_next(self, invited):
        first, second = invited(0), invited(1)
        first.save("V", **{f"V{n}": "7" for n in range(1, 6)})
        code = text_of(first.see("/answer/part/V").text).partition("resume code ")[2][:6]
        page = second.see("/answer/part/V").text
        assert " checked" not in page
        assert code not in page

    def test_compressed_parts_make_one_file(self):
        page = BlankPage(f'<p>ខ្មែរ</p><input type="radio" name="A" value="1"><b>{RESUME_CODE}</b>')
        for given in ({}, {"A": 1}):
            assert gzip.decompress(page.packed(given, "123456")).decode() == page.filled(given, "123456")

    def test_a_page_without_a_code(self):
        page = BlankPage('<input type="radio" name="A" value="1">')
        assert gzip.decompress(page.packed({}, "123456")).decode() == page.filled({}, "123456")

    def test_answers_of_other_pages_do_not_force_a_rendering(self, invited, monkeypatch):
        person = invited()
        person.save("V", "on", **{f"V{n}": "7" for n in range(1, 6)})
        person.see("/answer/part/T")
        monkeypatch.setattr("server.routes.answering.render", None)
        assert person.see("/answer/part/T").status_code == 200

    def test_the_contact_for_concerns_is_not_kept_with_the_page(self, invited, monkeypatch):
        """Another server changed it: nothing in this process forgets the page."""
        monkeypatch.setattr("surveys.asking.KEPT_FOR", -1.0)
        person = invited()
        for name in ("Sok Dara", "Chan Thida"):
            ladder = replace(STANDARD, contact=name)
            monkeypatch.setattr("server.routes.answering.ladder_of", lambda *_, ladder=ladder: ladder)
            assert name in person.see("/answer/part/open").text

    def test_answer_that_is_no_choice(self):
        assert BlankPage("<p>").filled({"A": 1}, "") is None


class TestFrontDesk:
    """A look-up instead of the framework's search: nobody may notice."""

    def test_every_route_of_a_desk_is_found(self, app):
        shortcut = FrontDesk(app, acts=[act for one in ROUTES for act in getattr(one.router, "acts", ())])
        for one in ROUTES:
            for method, path, act in getattr(one.router, "acts", ()):
                found = shortcut._find(method, path.replace("{code}", "V"))
                assert found == (act, {"code": "V"} if "{code}" in path else {}), path

    @pytest.mark.parametrize("path", ["/answer/part/", "/answer/part/V/", "/answer/part/V/W", "/answer/", "//answer"])
    def test_addresses_beside_a_route_are_none_of_it(self, app, path):
        shortcut = FrontDesk(app, acts=[act for one in ROUTES for act in getattr(one.router, "acts", ())])
        assert shortcut._find("GET", path) is None

    @pytest.mark.parametrize("path", ["/answer", "/answer/part/V", "/answer/part/unknown", "/answer/review", "/i"])
    def test_the_same_answer_on_the_long_way(self, invited, path, monkeypatch):
        person = invited()
        short = person.see(path)
        monkeypatch.setattr(FrontDesk, "_find", lambda *_: None)
        long = person.see(path)
        assert (long.status_code, long.text) == (short.status_code, short.text)
        names = ("content-type", "cache-control", "content-security-policy", "x-frame-options")
        assert [long.headers[name] for name in names] == [short.headers[name] for name in names]

    def test_other_methods_are_refused_as_everywhere(self, invited):
        person = invited()
        assert person.browser.request("DELETE", "/answer/part/V").status_code == 405
        assert person.browser.head("/answer").status_code == 200

    def test_a_page_is_packed_for_whoever_takes_it(self, invited):
        person = invited()
        packed = person.browser.get("/answer", headers={"accept-encoding": "gzip"})
        plain_page = person.browser.get("/answer", headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain_page.headers
        assert packed.text == plain_page.text
        assert "Accept-Encoding" in packed.headers["vary"]


class TestReading:
    """The kept connection, as in the service: the other tests of pages read with the session of the test."""

    @pytest.fixture
    def desk(self, upgraded_file, tmp_path):
        shutil.copy(upgraded_file, tmp_path / "own.db")
        engine = make_engine(f"sqlite:///{tmp_path / 'own.db'}")
        yield Desk(engine)
        engine.dispose()

    def count(self, session):
        return plain(session, "SELECT count(*) FROM organization").fetchone()[0]

    def test_it_sees_what_was_committed(self, desk):
        assert desk._read(self.count) == 0
        with transaction(desk._engine) as session:
            make_organization(session, "New")
        assert desk._read(self.count) == 1

    def test_it_writes_nothing(self, desk):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            desk._read(lambda session: plain(session, "DELETE FROM organization"))
        assert desk._read(self.count) == 0

    def test_a_connection_that_broke_is_replaced(self, desk):
        desk._read(self.count)
        desk._reading.info[DRIVER].close()
        with pytest.raises(sqlite3.ProgrammingError):
            desk._read(self.count)
        assert desk._read(self.count) == 0

    def test_a_refusal_leaves_nothing_behind(self, desk):
        def refuses(session):
            session.exec(select(Organization)).all()
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011 - raised two lines above
            desk._read(refuses)
        assert not desk._reading.in_transaction()


class TestOnePage:
    @pytest.fixture
    def person(self, session, keystore, new_browser):
        round_ = make_round(session, keystore, instrument=ONE_PAGE)
        invitation = next(iter(rounds.invitations_of(session, round_)))
        made = Person(new_browser(), invitation, secret_of(keystore, round_, invitation))
        made.enter()
        return made

    def test_it_works(self, session, person):
        assert 'value="hand-in"' in person.see("/answer/part/P").text
        answer = person.save("P", "hand-in", **CHOICES)
        assert answer.headers["location"] == "/handed-in"
        assert len(session.exec(select(Ballot)).all()) == 1
        assert "Your receipt" in person.see("/handed-in").text

    def test_missing_answers_are_pointed_out_once(self, session, person):
        assert "missing=1" in person.save("P", "hand-in", P1=3).headers["location"]
        assert session.exec(select(Ballot)).all() == []
        assert person.save("P", "hand-in", P1=3).headers["location"] == "/handed-in"

    def test_sent_twice_is_one_ballot(self, session, person):
        cookies = dict(person.browser.cookies)
        person.save("P", "hand-in", **CHOICES)
        person.browser.cookies.update(cookies)
        person.save("P", "hand-in", **CHOICES)
        assert len(session.exec(select(Ballot)).all()) == 1

    def test_several_pages_are_not_handed_in_from_one(self, session, invited):
        invited().save("V", "hand-in", **{f"V{n}": "7" for n in range(1, 6)})
        assert session.exec(select(Ballot)).all() == []


def run_apart(coroutine):
    """In a thread of its own: a browser test before this one may have left its loop running in ours."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(coroutine())).result()


class TestWriter:
    """Real commits, on a file of SQLite of its own: PostgreSQL needs no writer."""

    @pytest.fixture
    def fresh_engine(self, upgraded_file, tmp_path):
        shutil.copy(upgraded_file, tmp_path / "own.db")
        made = make_engine(f"sqlite:///{tmp_path / 'own.db'}")
        yield made
        made.dispose()

    def write_all(self, engine, acts):
        writer = Writer(engine)

        async def together():
            return await asyncio.gather(*(writer.write(act) for act in acts), return_exceptions=True)

        return run_apart(together)

    def test_everything_is_there_when_it_is_answered(self, fresh_engine):
        def act(number):
            return lambda session: make_organization(session, f"Number {number}").name

        assert self.write_all(fresh_engine, [act(n) for n in range(150)]) == [f"Number {n}" for n in range(150)]
        with Session(fresh_engine) as session:
            assert len(session.exec(select(Organization)).all()) == 150

    def test_who_fails_leaves_nothing_and_harms_nobody(self, fresh_engine):
        def fails(session):
            make_organization(session, "Half done")
            session.flush()
            raise ValueError("wrong")

        results = self.write_all(fresh_engine, [fails, lambda s: make_organization(s, "Whole").name, fails])
        assert [type(one) for one in results] == [ValueError, str, ValueError]
        with Session(fresh_engine) as session:
            assert [one.name for one in session.exec(select(Organization))] == ["Whole"]

    def test_failed_commit_is_told_to_all(self, fresh_engine, monkeypatch):
        @contextmanager
        def full_disk(kept):
            with kept_transaction(kept) as session:
                yield session
                raise OSError("No space left on device")

        def act(number):
            return lambda session: make_organization(session, f"Number {number}").name

        monkeypatch.setattr("server.writing.kept_transaction", full_disk)
        results = self.write_all(fresh_engine, [act(number) for number in range(3)])
        assert [type(one) for one in results] == [OSError] * 3
        with Session(fresh_engine) as session:
            assert session.exec(select(Organization)).all() == []

    def test_a_connection_that_broke_is_replaced(self, fresh_engine):
        writer = Writer(fresh_engine)

        def breaks(session):
            session.info[DRIVER].close()

        async def one_after_the_other():
            with pytest.raises(sqlite3.ProgrammingError):
                await writer.write(breaks)
            return await writer.write(lambda session: make_organization(session, "After").name)

        assert run_apart(one_after_the_other) == "After"

    def test_an_act_that_ends_like_a_loop_is_answered(self, fresh_engine):
        def ends(_session):
            raise StopIteration

        results = self.write_all(fresh_engine, [ends, lambda _session: 1, ends])
        assert [type(one) for one in results] == [RuntimeError, int, RuntimeError]

    def test_a_loop_that_is_gone_does_not_end_the_writer(self, fresh_engine):
        writer = Writer(fresh_engine)

        async def leaves_at_once():
            task = asyncio.ensure_future(writer.write(lambda _session: time.sleep(0.2)))
            await asyncio.sleep(0.05)
            task.cancel()

        async def comes_later():
            return await writer.write(lambda session: make_organization(session, "Later").name)

        run_apart(leaves_at_once)
        time.sleep(0.3)
        assert run_apart(comes_later) == "Later"

    def test_what_the_mapper_takes_back_is_told_to_all(self, fresh_engine):
        """A failed flush rolls everything back: nobody in the same transaction is told that it worked."""

        def twice(session):
            one = make_organization(session, "Twice")
            session.flush()
            plain(session, "INSERT INTO organization SELECT * FROM organization WHERE id = ?", one.id)

        acts = [lambda session: make_organization(session, "Before").name, twice]
        results = self.write_all(fresh_engine, acts * 3)
        with Session(fresh_engine) as session:
            stored = [one.name for one in session.exec(select(Organization))]
        assert stored == [one for one in results if isinstance(one, str)]

    def test_nothing_of_one_act_is_in_the_next(self, fresh_engine):
        """The session is kept: rows added and never stored must be gone, and so must those that were read."""
        writer = Writer(fresh_engine)

        def adds_and_fails(session):
            make_organization(session, "Never stored")
            raise ValueError

        async def one_after_the_other():
            with pytest.raises(ValueError):  # noqa: PT011 - raised three lines above
                await writer.write(adds_and_fails)
            await writer.write(lambda session: make_organization(session, "Stored").name)
            return await writer.write(lambda session: (len(session.identity_map), len(session.new)))

        assert run_apart(one_after_the_other) == (0, 0)
        with Session(fresh_engine) as session:
            assert [one.name for one in session.exec(select(Organization))] == ["Stored"]

    def test_writer_goes_on_after_a_fault(self, fresh_engine):
        writer = Writer(fresh_engine)

        def fails(_session):
            raise ValueError

        async def one_after_the_other():
            with pytest.raises(ValueError):  # noqa: PT011 - raised two lines above
                await writer.write(fails)
            return await writer.write(lambda session: make_organization(session, "After").name)

        assert run_apart(one_after_the_other) == "After"


class TestWhatIsKept:
    def test_new_name_of_an_organization_shows_at_once(self, session, invited, asked):
        person = invited()
        assert person.see("/answer").status_code == 200
        session.get_one(Organization, person.invitation.organization_id).name = "Renamed today"
        assert "Renamed today" in person.see("/answer").text

    def test_round_closed_by_another_process(self, session, invited, asked):
        person = invited()
        assert person.see("/answer/part/V").status_code == 200
        plain(session, "UPDATE round SET state = 'closed' WHERE id = ?", asked.id)
        assert person.see("/answer/part/V").status_code == 410
