"""/login and /logout: facilitators only; a wrong address and a wrong password are told alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.settings import Settings
from surveys import account_links, accounts, logins
from surveys.database import transaction
from surveys.models import Account, AccountLink, Login
from surveys.problems import LinkNotOpen
from tests.factories import NOW, PASSWORD, make_account, share_fonts
from tests.server.conftest import counted_queries, text_of

NOT_TOGETHER = "This address and this password do not belong together."


def log_in(client, email, password=PASSWORD, **headers):
    return client.post("/login", data={"email": email, "password": password}, headers=headers)


@pytest.fixture
def bopha(session, request):
    """An address of her own per test: attempts are counted by address."""
    return make_account(session, f"bopha-{abs(hash(request.node.name))}")


def test_it_works(client, bopha):
    answer = log_in(client, f" {bopha.email.upper()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/partnerships")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/partnerships").status_code == 200


def test_wrong_password_and_unknown_address_are_told_alike(client, bopha):
    wrong = log_in(client, bopha.email, "not this one at all")
    unknown = log_in(client, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 422
    assert NOT_TOGETHER in text_of(wrong.text)
    assert wrong.text.replace(bopha.email, "") == unknown.text.replace("nobody@example.org", "")
    assert "set-cookie" not in wrong.headers


def test_unknown_address_costs_the_same_work(session, monkeypatch, bopha):
    checked = []
    real = accounts._hasher()
    monkeypatch.setattr(accounts, "_hasher", lambda: real)
    accounts._nobody()
    monkeypatch.setattr(type(real), "verify", lambda *given: checked.append(given) or True)
    accounts.check_password(session, bopha.email, "x")
    accounts.check_password(session, "nobody@example.org", "x")
    assert len(checked) == 2


def test_as_htmx_only_the_form(client, bopha):
    answer = log_in(client, bopha.email, "wrong", **{"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith("<form")


def test_password_is_never_shown_again(client, bopha):
    assert "wrong secret words" not in log_in(client, bopha.email, "wrong secret words").text


def test_address_is_shown_as_text(client):
    page = log_in(client, '"><script>alert(1)</script>').text
    assert "<script>alert" not in page


def test_guessing_is_stopped(client, clock, bopha):
    for _ in range(10):
        assert log_in(client, bopha.email, "wrong").status_code == 422
    answer = log_in(client, bopha.email.upper())
    assert answer.status_code == 429
    assert "Please wait fifteen minutes" in text_of(answer.text)
    clock.now += timedelta(minutes=16)
    assert log_in(client, bopha.email).status_code == 303


@pytest.mark.parametrize("data", [{}, {"email": "a@b.org"}, {"email": "a" * 321, "password": "x"}])
def test_form_that_is_not_ours(client, data):
    assert client.post("/login", data=data).status_code == 422


def test_from_another_site(client, bopha):
    assert log_in(client, bopha.email, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_logging_out(client, bopha):
    log_in(client, bopha.email)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/partnerships").headers["location"] == "/login"


def test_reading_logs_nobody_out(client, bopha):
    log_in(client, bopha.email)
    assert client.get("/logout").status_code == 405
    assert client.get("/partnerships").status_code == 200


def test_ends_after_eight_hours(client, clock, bopha):
    log_in(client, bopha.email)
    for _ in range(8):
        assert client.get("/partnerships").status_code == 200
        clock.now += timedelta(hours=1)
    assert client.get("/partnerships").status_code == 200
    clock.now += timedelta(seconds=1)
    assert client.get("/partnerships").headers["location"] == "/login"


def test_ends_after_two_hours_without_use(client, clock, bopha):
    log_in(client, bopha.email)
    clock.now += timedelta(hours=2)
    assert client.get("/partnerships").status_code == 200
    clock.now += timedelta(hours=2, seconds=1)
    assert client.get("/partnerships").headers["location"] == "/login"
    clock.now -= timedelta(hours=1)
    assert client.get("/partnerships").status_code == 200  # it was the time, nothing else


def test_a_stranger_at_the_door_does_not_keep_it_alive(client, clock, bopha):
    """Only what the account itself asks for counts as use."""
    log_in(client, bopha.email)
    for _ in range(5):
        clock.now += timedelta(minutes=30)
        client.get("/login")
        client.get("/stored")
    assert client.get("/partnerships").headers["location"] == "/login"


def test_what_has_run_out_is_cleared_away(session, client, clock, bopha):
    logins.begin(session, bopha, clock.now - timedelta(hours=2, seconds=1))
    log_in(client, bopha.email)
    assert len(session.exec(select(Login).where(Login.account_id == bopha.id)).all()) == 1


def test_the_login_before_ends(session, client, new_browser, clock, bopha):
    """The same browser logs in again: the secret it had, and whoever copied it, opens nothing any more."""
    log_in(client, bopha.email)
    copy = new_browser()
    copy.cookies.set("session", client.cookies["session"])
    log_in(client, bopha.email)
    assert copy.get("/partnerships").headers["location"] == "/login"
    assert len(logins.of_account(session, bopha, clock.now)) == 1


class TestUseIsNoted:
    """In the service, where reading writes nothing: a transaction of its own, seldom, after the page was sent."""

    @pytest.fixture
    def house(self, fresh_url, fresh_engine, tmp_path):
        share_fonts(tmp_path)
        app = create_app(Settings(var_dir=tmp_path, database_url=fresh_url, secret_key_file=tmp_path / "secret-key"))
        self.now = NOW
        app.dependency_overrides = {deps.read_clock: lambda: self.now, deps.is_second_factor_required: lambda: False}
        with transaction(fresh_engine) as session:
            token = logins.begin(session, make_account(session), NOW)
        with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
            browser.cookies.set("session", token)
            yield browser
        app.state.engine.dispose()

    def used_at(self, engine):
        with Session(engine) as session:
            return session.exec(select(Login.used_at)).one()

    def test_by_reading(self, house, fresh_engine):
        self.now += timedelta(minutes=4, seconds=59)
        assert house.get("/partnerships").status_code == 200
        assert self.used_at(fresh_engine) == NOW  # not at every page
        self.now += timedelta(seconds=1)
        assert house.get("/partnerships").status_code == 200
        assert self.used_at(fresh_engine) == self.now

    def test_by_writing(self, house, fresh_engine):
        self.now += timedelta(minutes=10)
        assert house.post("/account", data={"name": "Amina Sok", "language": "fr"}).status_code == 303
        assert self.used_at(fresh_engine) == self.now

    def test_an_ended_login_does_not_come_back(self, house, fresh_engine):
        self.now += timedelta(minutes=10)
        with Session(fresh_engine) as session:
            held = session.exec(select(Login.id)).one()
        assert house.post(f"/account/logins/{held}/end").status_code == 303
        with transaction(fresh_engine) as session:
            logins.note_use(session, held, self.now)
            assert session.exec(select(Login)).all() == []

    def test_one_that_ran_out_meanwhile_does_not_come_back(self, house, fresh_engine):
        with transaction(fresh_engine) as session:
            logins.note_use(session, session.exec(select(Login.id)).one(), NOW + timedelta(hours=2, seconds=1))
        assert self.used_at(fresh_engine) == NOW

    def test_a_slow_server_does_not_set_it_back(self, house, fresh_engine):
        later = NOW + timedelta(minutes=20)
        with transaction(fresh_engine) as session:
            held = session.exec(select(Login.id)).one()
            logins.note_use(session, held, later)
            logins.note_use(session, held, NOW + timedelta(minutes=10))
        assert self.used_at(fresh_engine) == later

    def test_a_database_that_takes_nothing_still_shows_the_page(self, house, fresh_engine, monkeypatch):
        def refused(*_):
            raise OperationalError("UPDATE", {}, Exception("disk full"))

        monkeypatch.setattr(logins, "note_use", refused)
        self.now += timedelta(minutes=10)
        assert house.get("/partnerships").status_code == 200
        assert self.used_at(fresh_engine) == NOW


class TestPasswordIsCheckedBeforeTheTransaction:
    @pytest.fixture
    def house(self, fresh_url, fresh_engine, tmp_path):
        share_fonts(tmp_path)
        app = create_app(Settings(var_dir=tmp_path, database_url=fresh_url, secret_key_file=tmp_path / "secret-key"))
        app.dependency_overrides = {deps.read_clock: lambda: NOW, deps.is_second_factor_required: lambda: False}
        with transaction(fresh_engine) as session:
            make_account(session)
        with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
            yield browser
        app.state.engine.dispose()

    def test_others_write_meanwhile(self, house, fresh_engine, monkeypatch):
        """SQLite has one writer: guesses from all over the world must not keep respondents waiting."""
        hasher = accounts._hasher()
        written = []

        class Slow:
            def verify(self, *given):
                with transaction(fresh_engine) as session:
                    written.append(make_account(session, f"sokha-{len(written)}"))
                return hasher.verify(*given)

            def hash(self, password):
                return hasher.hash(password)

        monkeypatch.setattr(accounts, "_hasher", Slow)
        assert log_in(house, "amina@example.org", "wrong").status_code == 422
        assert log_in(house, "nobody@example.org").status_code == 422
        assert log_in(house, "amina@example.org").status_code == 303
        assert len(written) == 3

    def test_password_changed_meanwhile(self, house, fresh_engine, monkeypatch):
        hasher = accounts._hasher()

        class Overtaken:
            def verify(self, *given):
                with transaction(fresh_engine) as session:
                    session.exec(select(Account)).one().password_hash = hasher.hash("seven green bicycles sleep")
                return hasher.verify(*given)

        monkeypatch.setattr(accounts, "_hasher", Overtaken)
        assert log_in(house, "amina@example.org").status_code == 422


def test_logging_out_ends_a_copied_cookie_too(client, new_browser, bopha):
    log_in(client, bopha.email)
    copy = new_browser()
    copy.cookies.set("session", client.cookies["session"])
    assert copy.get("/partnerships").status_code == 200
    client.post("/logout")
    assert copy.get("/partnerships").headers["location"] == "/login"


def test_a_planted_cookie_is_replaced(client, bopha):
    answer = log_in(client, bopha.email, Cookie="session=planted-by-somebody")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("session=")
    assert "planted-by-somebody" not in cookie


def test_only_the_fingerprint_is_stored(session, client, bopha):
    log_in(client, bopha.email)
    (row,) = session.exec(select(Login).where(Login.account_id == bopha.id))
    assert client.cookies["session"] not in (row.token_hash, str(row.id))
    assert row.token_hash == logins.fingerprint(client.cookies["session"])


def test_headers_do_not_reset_the_count(client, bopha):
    for at in range(10):
        spoofed = {"X-Forwarded-For": f"10.0.0.{at}", "Forwarded": f"for=10.0.0.{at}", "X-Real-IP": f"10.0.0.{at}"}
        assert log_in(client, bopha.email, "wrong", **spoofed).status_code == 422
    assert log_in(client, bopha.email, **{"X-Forwarded-For": "192.0.2.1"}).status_code == 429


def test_closed_account_is_out(session, client, bopha):
    log_in(client, bopha.email)
    accounts.close_account(session, bopha)
    session.flush()
    assert client.get("/partnerships").headers["location"] == "/login"
    assert log_in(client, bopha.email).status_code == 422


class TestForgotten:
    def test_it_works(self, session, client, bopha):
        assert "Forgotten password" in client.get("/login/forgotten").text
        client.post("/login/forgotten", data={"email": bopha.email})
        (link,) = session.exec(select(AccountLink).where(AccountLink.account_id == bopha.id))
        assert link.purpose == "reset"

    def test_known_and_unknown_are_told_alike_after_the_same_work(self, session, client, bopha):
        pages, works = [], []
        for email in (bopha.email, f"nobody-{bopha.email}"):
            with counted_queries(session) as sent:
                pages.append(client.post("/login/forgotten", data={"email": email}))
            works.append([one.split()[0] for one in sent if "INSERT" in one])
        assert pages[0].text == pages[1].text
        assert pages[0].status_code == pages[1].status_code == 200
        assert works[0] == works[1]

    def test_link_of_nobody_opens_nothing(self, session, client, bopha):
        with pytest.raises(LinkNotOpen):
            account_links.set_password(session, AccountLink(purpose="reset", token_hash="", expires_at=NOW), PASSWORD)

    def test_mailbox_is_not_flooded(self, session, client, bopha):
        for _ in range(6):
            assert client.post("/login/forgotten", data={"email": bopha.email}).status_code == 200
        assert len(session.exec(select(AccountLink).where(AccountLink.account_id == bopha.id)).all()) == 1


@pytest.mark.parametrize("forged", ["", "A" * 200, "eyJhbGciOiJub25lIn0.eyJ9."])
def test_forged_cookie(client, forged):
    client.cookies.set("session", forged)
    assert client.get("/partnerships").headers["location"] == "/login"


def test_cookie_of_another_purpose(app, client, bopha):
    held = {"account": str(bopha.id), "since": "2026-06-15T09:00:00+00:00", "stamp": "x"}
    client.cookies.set("session", app.state.sealer.seal("visit", held))
    assert client.get("/partnerships").headers["location"] == "/login"


@pytest.mark.parametrize(("chosen", "seen"), [("fr", "fr"), ("en", "km")])
def test_language_of_the_account_or_of_the_browser(client, session, chosen, seen):
    """A language somebody chose for the account comes along; else the browser's own stands."""
    make_account(session, "rith", language=chosen)
    session.flush()
    client.headers["accept-language"] = "km"
    client.post("/login", data={"email": "rith@example.org", "password": PASSWORD})
    assert f'<html lang="{seen}">' in client.get("/partnerships", follow_redirects=True).text
