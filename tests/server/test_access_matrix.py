"""Every route and every role: who gets in stands in access_table.py, and the routes are asked from the service itself.

In every answer to somebody who does not belong there, the page does not exist (404); nobody logged in is shown the way
to the login. Whether the right people get in is looked at too: 404 or the login is a failure for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from surveys import logins, rounds
from surveys.instruments import standard_instrument
from tests.factories import NOW, make_round, secret_of
from tests.server import access_table as table
from tests.server.cast import PARAMETER, RELEASED_ONLY, SAMPLES, Route, account_for, made_up, routes_of, token_of

HOW_TO_ADD = (
    "{line} is in no line of tests/server/access_table.py: write who may use it there, for example\n"
    '    "{line}": RUNS,   (or SEAT, ANYONE, ADMINISTERS ... : the names stand above the table)'
)
HOW_TO_FILL = (
    "{line} has the parameter {name}, of which the cast knows none: add it to `made_up` in tests/server/cast.py,\n"
    '    for example "{name}": commitments.add(...).id'
)


LINK_PLACES = ("/i", "/k", "/keys", "/join", "/approval", "/sign")  # where a personal link is asked for


@pytest.fixture
def ids(app, session, keystore):
    return made_up(session, keystore, app)


@pytest.fixture
def browser_of(session, client, log_in, keystore, ids):
    """The browser of somebody in this role."""

    def browser(role: str) -> TestClient:
        if role in table.ACCOUNTS:
            account = account_for(session, role, ids["partnership_id"])
            log_in(account)
            ids["token_id"] = token_of(session, account)
            ids["login_id"] = logins.of_account(session, account, NOW)[0].id
            return client
        if role == table.RESPONDENT:
            round_ = make_round(session, keystore, instrument=standard_instrument())
            invitation = next(iter(rounds.invitations_of(session, round_)))
            ids["partner_id"] = next(key for key in round_.invited if key != str(invitation.organization_id))
            client.post("/i", data={"secret": secret_of(keystore, round_, invitation)})
        return client

    return browser


def is_made_up(given: Any) -> bool:
    """A sample that one of the ids may replace; a word that the form itself offers stays."""
    return given in SAMPLES.values() or len(str(given)) == 36


def outcome(browser: TestClient, session, route: Route, ids: Mapping[str, Any]) -> str:
    """What became of a request: in, absent, login, link (another kind of way in), crash. Nothing of it stays."""
    cookies = dict(browser.cookies)
    form, query = (
        {name: ids.get(name, given) if is_made_up(given) else given for name, given in some.items()}
        for some in (route.form, route.query)
    )
    with session.begin_nested() as nothing_stays:
        answer = browser.request(route.method, route.address(ids), params=query, data=form or None)
        if nothing_stays.is_active:
            nothing_stays.rollback()
    session.expire_all()
    browser.cookies.clear()
    browser.cookies.update(cookies)
    place = answer.headers.get("location", "")
    if answer.status_code >= 500 and answer.status_code != 503:  # "not ready" is an answer too
        return "crash"
    if answer.status_code in (404, 405):
        return "absent"
    if place == "/login" or answer.status_code == 401:
        return "login"
    return "link" if answer.status_code == 403 or place in LINK_PLACES else "in"


def wanted(role: str, line: str) -> set[str]:
    who = table.EXPECTED[line]
    if role in who:
        if line in table.LATER:
            return {"in", "absent"}
        return {"in"} if who != table.ANYONE else {"in", "link", "login"}
    if who <= table.ANSWERS:
        return {"link", "login", "absent"}
    return {"absent"} if role in table.ACCOUNTS else {"login", "absent"}


def test_every_route_has_a_line(app):
    missing = [route.line for route in routes_of(app) if table.find_line(route.method, route.path) is None]
    assert missing == [], "\n".join(HOW_TO_ADD.format(line=line) for line in missing)


def test_every_line_has_a_route(app):
    used = {table.find_line(route.method, route.path) for route in routes_of(app)}
    assert set(table.EXPECTED) - used == set(), "remove these lines from tests/server/access_table.py"


def test_every_parameter_is_known(app, ids):
    unknown = [
        (route.line, name) for route in routes_of(app) for name in PARAMETER.findall(route.path) if name not in ids
    ]
    assert unknown == [], "\n".join(HOW_TO_FILL.format(line=line, name=name) for line, name in unknown)


@pytest.mark.parametrize("role", table.ROLES)
def test_only_the_right_people_get_in(app, session, ids, browser_of, role):
    browser = browser_of(role)
    wrong = []
    for route in routes_of(app):
        line = table.find_line(route.method, route.path)
        if line is None:
            continue  # told by test_every_route_has_a_line
        given = ids | ({"number": 1} if RELEASED_ONLY.search(route.path) else {})
        given |= {
            key.partition(" ")[2]: one for key, one in ids.items() if route.path.startswith(key.partition(" ")[0] + "/")
        }
        became = outcome(browser, session, route, given)
        if became not in wanted(role, line):
            wrong.append(f"{route.line}: {became}")
    assert not wrong, f"the {role} meets something else than access_table.py says:\n" + "\n".join(wrong)


def test_a_forgotten_route_is_told_with_what_to_do():
    assert table.find_line("GET", "/never-heard-of") is None
    assert "access_table.py" in HOW_TO_ADD.format(line="GET /never-heard-of")
    assert table.find_line("GET", "/partnerships/{partnership_id}/surprise") is None
    assert table.find_line("POST", "/partnerships/{partnership_id}/keys/needed") == (
        "POST /partnerships/{partnership_id}/keys*"
    )
