"""/account/second-factor and /login/code: a telephone beside the password, and what refuses to be used twice."""

from __future__ import annotations

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest

from server import deps
from surveys import accounts, logins, second_factor
from surveys.database import transaction
from tests.factories import NOW, PASSWORD, make_account, make_partnership
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def required(app, client):
    """As in the service: the demonstration alone is exempt."""
    app.dependency_overrides[deps.is_second_factor_required] = lambda: True


@pytest.fixture
def rith(session, required):
    """A facilitator who has no second factor yet."""
    account = make_account(session, "rith")
    accounts.entrust(session, account, make_partnership(session).id)
    session.flush()
    return account


def log_in(browser, account):
    return browser.post("/login", data={"email": account.email, "password": PASSWORD})


def enrol(browser, clock):
    """The whole way; what the telephone keeps, and the recovery codes."""
    page = browser.post("/account/second-factor/begin", data={"password": PASSWORD}).text
    secret = re.search(r'<p class="code">([A-Z2-7 ]+)</p>', page)[1].replace(" ", "")
    phone = pyotp.TOTP(secret)
    done = browser.post("/account/second-factor/confirm", data={"code": phone.at(clock.now)})
    assert done.status_code == 200
    return phone, re.findall(r'<li class="code">([0-9A-Z-]+)</li>', done.text)


def test_it_works(session, client, clock, rith):
    assert log_in(client, rith).headers["location"] == "/account/second-factor"
    assert client.get("/partnerships").headers["location"] == "/account/second-factor"
    phone, codes = enrol(client, clock)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)  # 120 bits
    assert client.get("/partnerships").status_code == 200
    client.post("/logout")
    assert log_in(client, rith).headers["location"] == "/login/code"
    assert client.get("/partnerships").headers["location"] == "/login"
    clock.now += timedelta(minutes=1)
    assert client.post("/login/code", data={"code": phone.at(clock.now)}).headers["location"] == "/partnerships"
    assert client.get("/partnerships").status_code == 200


def test_picture_keeps_the_policy(client, rith):
    log_in(client, rith)
    page = client.post("/account/second-factor/begin", data={"password": PASSWORD}).text
    assert "<svg" in page
    assert not re.search(r"<script>| style=|onload|href=\"http", page)


def test_secret_is_sealed_in_the_database(session, client, clock, rith):
    log_in(client, rith)
    phone, codes = enrol(client, clock)
    assert phone.secret not in rith.totp_secret
    assert len(rith.totp_secret) > 60
    stored = str([one.model_dump() for one in session.exec(second_factor.select(second_factor.RecoveryCode))])
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_enrolment_needs_the_password_again(client, rith):
    log_in(client, rith)
    for password in ("", "not this one at all"):
        answer = client.post("/account/second-factor/begin", data={"password": password})
        assert answer.status_code == 422
        assert "<svg" not in answer.text
    assert client.post("/account/second-factor/confirm", data={"code": "000000"}).status_code == 303


def test_enrolment_of_another_account_opens_nothing(session, client, clock, rith):
    """A picture begun in one account cannot be finished in another."""
    log_in(client, rith)
    client.post("/account/second-factor/begin", data={"password": PASSWORD})
    other = make_account(session, "other")
    client.cookies.set("session", logins.begin(session, other, clock.now))
    client.post("/account/second-factor/confirm", data={"code": "000000"})
    assert other.totp_secret == ""


@pytest.mark.parametrize("code", ["", "000000", "12345", "1234567", "abcdef", "១២៣៤៥៦", "0" * 100])
def test_wrong_first_code_changes_nothing(client, clock, rith, code):
    log_in(client, rith)
    client.post("/account/second-factor/begin", data={"password": PASSWORD})
    answer = client.post("/account/second-factor/confirm", data={"code": code})
    assert answer.status_code == 422
    assert "<svg" in answer.text
    assert rith.totp_secret == ""


class TestCode:
    @pytest.fixture
    def phone(self, client, clock, rith):
        log_in(client, rith)
        phone, self.codes = enrol(client, clock)
        client.post("/logout")
        clock.now = NOW + timedelta(minutes=2, seconds=15)
        log_in(client, rith)
        return phone

    def enter(self, client, code):
        return client.post("/login/code", data={"code": code}).status_code

    def test_used_twice_is_refused(self, client, clock, rith, phone):
        code = phone.at(clock.now)
        assert self.enter(client, code) == 303
        client.post("/logout")
        log_in(client, rith)
        assert self.enter(client, code) == 422

    @pytest.mark.parametrize("seconds", [-600, -60, -30, 30, 60, 600])
    def test_other_half_minutes_are_refused(self, client, clock, phone, seconds):
        assert self.enter(client, phone.at(clock.now + timedelta(seconds=seconds))) == 422

    def test_the_change_is_forgiven(self, client, clock, phone):
        """Typed in the last second of its half minute, sent in the first of the next."""
        code = phone.at(clock.now)
        clock.now += timedelta(seconds=20)
        assert self.enter(client, code) == 303

    def test_spaces_do_no_harm(self, client, clock, phone):
        code = phone.at(clock.now)
        assert self.enter(client, f" {code[:3]} {code[3:]} ") == 303

    def test_recovery_code_works_once(self, client, clock, rith, phone):
        code = self.codes[3]
        assert self.enter(client, code.lower()) == 303
        client.post("/logout")
        log_in(client, rith)
        assert self.enter(client, code) == 422
        assert self.enter(client, self.codes[4]) == 303

    def test_flood_is_stopped(self, client, clock, rith, phone):
        for _ in range(5):
            assert self.enter(client, "000000") == 422
        assert self.enter(client, phone.at(clock.now)) == 429

    def test_five_minutes_after_the_password(self, client, clock, phone):
        clock.now += timedelta(minutes=5, seconds=1)
        assert client.post("/login/code", data={"code": phone.at(clock.now)}).headers["location"] == "/login"

    def test_without_the_password_first(self, client, new_browser, clock, phone):
        assert new_browser().get("/login/code").headers["location"] == "/login"
        answer = new_browser().post("/login/code", data={"code": phone.at(clock.now)})
        assert answer.headers["location"] == "/login"

    def test_password_changed_meanwhile(self, client, clock, rith, phone):
        accounts.set_password(rith, "seven green bicycles sleep")
        assert client.get("/login/code").headers["location"] == "/login"

    def test_new_recovery_codes_replace_the_old(self, client, clock, rith, phone):
        assert self.enter(client, phone.at(clock.now)) == 303
        assert client.post("/account/second-factor/codes", data={"password": "wrong one"}).status_code == 422
        page = client.post("/account/second-factor/codes", data={"password": PASSWORD})
        fresh = re.findall(r'<li class="code">([0-9A-Z-]+)</li>', page.text)
        client.post("/logout")
        log_in(client, rith)
        assert self.enter(client, self.codes[0]) == 422
        assert self.enter(client, fresh[0]) == 303


def test_shorter_codes_of_before_stay_valid(session, rith):
    known = second_factor._hash(rith.id, "7K3M-QW5R-T8YB-2N6D")
    session.add(second_factor.RecoveryCode(account_id=rith.id, code_hash=known))
    session.flush()
    assert second_factor.use_recovery_code(session, rith, "7k3m qw5r t8yb 2n6d")
    assert not second_factor.use_recovery_code(session, rith, "7k3m qw5r t8yb 2n6d")


class TestTwoServers:
    """The same code at two servers in the same moment: one of them lets somebody in."""

    @pytest.fixture
    def dara(self, fresh_engine):
        with transaction(fresh_engine) as session:
            account = make_account(session, "dara")
            self.codes = second_factor.new_recovery_codes(session, account)
        return account

    def second(self, engine, dara, ask):
        """What the second server says while the first has not committed yet."""
        with ThreadPoolExecutor(1) as other:

            def there():
                with transaction(engine) as session:
                    return ask(session, session.get_one(type(dara), dara.id))

            with transaction(engine) as session:
                first = ask(session, session.get_one(type(dara), dara.id))
                waiting = other.submit(there)
                time.sleep(0.3)
            return first, waiting.result(20)

    def test_recovery_code(self, fresh_engine, dara):
        def ask(session, account):
            return second_factor.use_recovery_code(session, account, self.codes[0])

        assert self.second(fresh_engine, dara, ask) == (True, False)

    def test_code_of_the_telephone(self, fresh_engine, dara):
        assert self.second(fresh_engine, dara, lambda session, one: second_factor.use_step(session, one, 7)) == (
            True,
            False,
        )


def test_readers_need_none(session, client, required):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, make_partnership(session).id, role="reader")
    session.flush()
    assert log_in(client, reader).headers["location"] == "/partnerships"
    assert "recommended, not required" in read(client.get("/account"))


def test_administrators_need_one(session, client, required):
    assert log_in(client, make_account(session, "sina", is_administrator=True)).headers["location"] == (
        "/account/second-factor"
    )


def test_demonstration_is_exempt_and_says_so(app, session, client, rith):
    del app.dependency_overrides[deps.is_second_factor_required]
    settings = app.state.settings.model_copy(update={"demonstration": True})
    app.dependency_overrides[deps.get_settings] = lambda: settings
    assert log_in(client, rith).headers["location"] == "/partnerships"
    assert "no telephone is asked for" in read(client.get("/account"))
