"""Imported partnerships on the facilitator's pages: read and compared like any other, never opened."""

from __future__ import annotations

import html

import pytest

from server.importing import Placing, digest_of, store_history
from server.local import Wanted, read
from surveys import rounds
from tests.server.conftest import text_of
from tests.server.exchange.samples import written
from tests.server.test_importing import partnership
from tests.server.test_local import three
from tests.server.test_local_scores import random_file


@pytest.fixture
def wanted(tmp_path) -> Wanted:
    return Wanted(random_file(tmp_path, sizes=(1, 5)), instrument=str(three(tmp_path)))


@pytest.fixture
def history(session, amina, wanted, now):
    """Two partnerships of three rounds; the first lies below the floors."""
    placing = Placing("old-", facilitator=amina.email)
    return store_history(session, read(wanted), digest_of(wanted), placing, actor="test", now=now)


def said(page) -> str:
    assert page.status_code == 200
    return html.unescape(text_of(page.text))


def test_the_trend(session, log_in, amina, history):
    found = partnership(session, "old-p2")
    shown = said(log_in(amina).get(f"/partnerships/{found.id}/trend"))
    assert "Round 1 Jun 2000" in shown
    assert "Round 3 Jun 2001" in shown
    assert "Since the round before" in shown


def test_below_the_floors(session, log_in, amina, history):
    found = partnership(session, "old-p1")
    assert "too few answers to show" in said(log_in(amina).get(f"/partnerships/{found.id}/trend"))


def test_a_round_and_its_brief(session, log_in, amina, history):
    address = f"/partnerships/{partnership(session, 'old-p2').id}/rounds/3"
    assert "unchanged since it was stored" in said(log_in(amina).get(address))
    assert "Imported history" in said(log_in(amina).get(f"{address}/brief"))


def test_strangers_see_nothing(session, log_in, stranger, history):
    found = partnership(session, "old-p2")
    for page in ("", "/trend", "/rounds/3", "/rounds/3/brief"):
        assert log_in(stranger).get(f"/partnerships/{found.id}{page}").status_code == 404


def test_no_round_can_follow(session, log_in, amina, history):
    found = partnership(session, "old-p2")
    answer = log_in(amina).get(f"/partnerships/{found.id}/rounds/new")
    assert answer.status_code in (404, 409) or "imported" in said(answer).lower()
    assert len(rounds.of_partnership(session, found.id)) == 3


def test_positions_only(session, log_in, amina, now, tmp_path):
    path = written(tmp_path, "partnership,round,rater,rated,D1", "p,1,A,B,7", "p,1,B,A,9", "p,1,C,A,5", "p,1,A,C,6")
    wanted = Wanted(None, path)
    store_history(session, read(wanted), digest_of(wanted), Placing("", "C", amina.email), actor="test", now=now)
    address = f"/partnerships/{partnership(session, 'p').id}"
    shown = said(log_in(amina).get(f"{address}/rounds/1"))
    assert "A → B" in shown
    assert said(log_in(amina).get(f"{address}/trend"))
    assert said(log_in(amina).get(f"{address}/rounds/1/brief"))
