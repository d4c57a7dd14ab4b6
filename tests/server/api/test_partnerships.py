"""GET /api/v1/partnerships and what every answer of the API has in common: tokens, pages, marks, problems."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from server.api.readers import PER_MINUTE
from server.api.shapes import PageShape, PartnershipShape
from surveys import accounts
from tests.factories import make_account, make_partnership
from tests.server.api.conftest import API


def test_it_works(program, amina, partnership):
    answer = program(amina).get(f"{API}/partnerships")
    assert answer.status_code == 200
    (one,) = PageShape[PartnershipShape].model_validate(answer.json()).items
    assert (one.id, one.code, one.role, one.audience) == (
        str(partnership.id),
        partnership.code,
        "facilitator",
        "facilitator",
    )


def test_one_partnership(program, amina, partnership):
    assert program(amina).get(f"{API}/partnerships/{partnership.id}").json()["code"] == partnership.code


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic abc", "Bearer \u00e9"])
def test_without_a_valid_token(client, header):
    given = {} if header is None else {"Authorization": header.encode("latin-1")}
    answer = client.get(f"{API}/partnerships", headers=given)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["status"] == 401


def test_a_session_of_the_pages_opens_nothing(log_in, amina):
    assert log_in(amina).get(f"{API}/partnerships").status_code == 401


def test_a_token_opens_no_page(program, amina):
    answer = program(amina).get("/partnerships")
    assert answer.headers["location"].startswith("/login")


def test_a_token_ends(program, amina, clock):
    browser = program(amina, days=30)
    assert browser.get(f"{API}/partnerships").status_code == 200
    clock.now += timedelta(days=29)
    assert browser.get(f"{API}/partnerships").status_code == 401


def test_a_closed_account_closes_its_tokens(program, amina):
    browser = program(amina)
    amina.is_closed = True
    assert browser.get(f"{API}/partnerships").status_code == 401


def test_a_token_for_one_partnership_opens_no_other(program, amina, session, partnership):
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    browser = program(amina, partnership)
    assert [one["id"] for one in browser.get(f"{API}/partnerships").json()["items"]] == [str(partnership.id)]
    assert browser.get(f"{API}/partnerships/{other.id}").status_code == 404


def test_a_lost_seat_closes_the_partnership(program, amina, session, partnership):
    browser = program(amina, partnership)
    session.delete(accounts.find_seat(session, amina, partnership.id))
    session.flush()
    assert browser.get(f"{API}/partnerships").json()["items"] == []
    assert browser.get(f"{API}/partnerships/{partnership.id}").status_code == 404


@pytest.mark.parametrize("path", ["", "/rounds", "/rounds/3/release", "/rounds/3/cells", "/series", "/export.csv"])
def test_strangers_find_nothing(program, stranger, partnership, released, path):
    browser = program(stranger)
    for key in (partnership.id, uuid4(), "nonsense"):
        answer = browser.get(f"{API}/partnerships/{key}{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_lists_come_in_pages(program, session):
    account = make_account(session)
    made = [make_partnership(session, members=()) for _ in range(5)]
    for one in made:
        accounts.entrust(session, account, one.id)
    session.flush()
    browser, seen, path = program(account), [], f"{API}/partnerships?limit=2"
    while path:
        body = browser.get(path).json()
        assert body["total"] == 5
        seen += [one["code"] for one in body["items"]]
        path = body["next"]
    assert seen == sorted(one.code for one in made)
    assert 'rel="next"' in browser.get(f"{API}/partnerships?limit=2").headers["link"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "offset=-1", "offset=99999999999999999999"])
def test_impossible_pages(program, amina, query):
    answer = program(amina).get(f"{API}/partnerships?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0].startswith(query.partition("=")[0])


def test_the_same_is_not_sent_twice(program, amina, partnership):
    browser = program(amina)
    first = browser.get(f"{API}/partnerships")
    mark = first.headers["etag"]
    for known in (mark, f'"other", {mark}', "*", mark.removeprefix("W/")):
        again = browser.get(f"{API}/partnerships", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == mark
    partnership.sector = "water"
    changed = browser.get(f"{API}/partnerships", headers={"If-None-Match": mark})
    assert changed.status_code == 200
    assert changed.headers["etag"] != mark


def test_answers_are_for_their_reader_alone(program, amina):
    headers = program(amina).get(f"{API}/partnerships").headers
    assert headers["cache-control"] == "private, no-cache"
    assert "Authorization" in headers["vary"]


def test_who_asks_too_often_waits(program, amina, stranger, clock, new_browser):
    browser = program(amina)
    for _ in range(PER_MINUTE):
        assert browser.get(f"{API}/partnerships").status_code == 200
    refused = browser.get(f"{API}/partnerships")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.headers["content-type"] == "application/problem+json"
    assert program(stranger).get(f"{API}/partnerships").status_code == 200
    clock.now += timedelta(minutes=2)
    assert program(amina).get(f"{API}/partnerships").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(program, amina, method):
    answer = getattr(program(amina), method)(f"{API}/partnerships")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


def test_unknown_address(program, amina):
    answer = program(amina).get(f"{API}/people")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
