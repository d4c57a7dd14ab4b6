"""A whole round in a browser: six organizations answer, positions are signed, the trend has two points."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import pytest

from server.ticker import tick
from surveys import accounts, ballots, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import PHONE
from tests.browser.walking import (
    answer_rest,
    begin,
    draft_position,
    fill_page,
    go_on,
    hand_in,
    said,
    sign_position,
    tap,
)
from tests.factories import PASSWORD, make_account, make_organization, make_partnership, make_round, payload_of

INSTRUMENT = standard_instrument()
KINDS = ("central_government", "local_government", "national_ngo", "donor_country", "un_agency", "lending_agency")
HALF_A_YEAR = timedelta(days=182)


def answer_from_afar(session, service, round_):
    """The earlier round, handed in without a browser."""
    keys = service.keystore.load(round_.id)
    for person, one in enumerate(rounds.invitations_of(session, round_)):
        answers = {item.code: (5 * person + 2 * at) % 7 + 1 for at, item in enumerate(INSTRUMENT.items)}
        ballots.cast(session, round_, keys, one.id, payload_of(one, **answers))
    for rater in round_.invited:
        ratings = {other: {"D0": "some", "D1": 6, "D7": 6} for other in round_.invited if other != rater}
        payload = {"organization": rater, "ratings": ratings, "single_informant": False}
        ballots.cast_position(session, round_, keys, UUID(rater), payload)


def close_and_open(service, round_):
    """What the clock does: close after the hour of grace, open an hour later, shred."""
    service.now = round_.closes_at + timedelta(minutes=60)
    closed = tick(service.engine, service.keystore, service.folder / "backups", now=service.now)
    service.now += timedelta(hours=1)
    opened = tick(service.engine, service.keystore, service.folder / "backups", now=service.now)
    assert (closed.closed, opened.opened, opened.shredded, closed.problems + opened.problems) == (1, 1, 1, [])


@pytest.fixture
def facilitator(service):
    with service.session() as session:
        return make_account(session, "chenda")


@pytest.fixture
def partnership(service, facilitator):
    """Six organizations with one round behind them."""
    begun = service.now
    with service.session() as session:
        members = [make_organization(session, f"Partner {n} ({kind})", kind) for n, kind in enumerate(KINDS)]
        partnership = make_partnership(session, members=members, title="Rural water programme")
        accounts.entrust(session, facilitator, partnership.id)
        first = make_round(
            session,
            service.keystore,
            partnership=partnership,
            instrument=INSTRUMENT,
            opens_at=begun - HALF_A_YEAR,
            closes_at=begun - HALF_A_YEAR + timedelta(days=14),
        )
        answer_from_afar(session, service, first)
    close_and_open(service, first)
    service.now = begun
    return partnership


@pytest.fixture
def second(service, partnership):
    with service.session() as session:
        return make_round(session, service.keystore, partnership=partnership, instrument=INSTRUMENT)


@pytest.fixture
def pairs(service, second):
    """The links of the two people of every organization."""
    links = defaultdict(list)
    with service.session() as session:
        for one in rounds.invitations_of(session, second):
            links[one.organization_id].append(service.link_of(second, one))
    return list(links.values())


def read_in_khmer(page, link):
    begin(page, link)
    page.locator("button[name=language][value=km]").click()
    page.wait_for_function("document.documentElement.lang == 'km'")
    assert "ចក្ខុវិស័យរួម" in page.locator("h1").inner_text()


def answer_by_hand(page, link):
    """Taps, autosave, a page that is pointed out once and then left with a gap."""
    begin(page, link)
    tap(page, "V1", 7)
    said(page, "Saved")
    page.reload()
    assert page.locator("input[name=V1][value='7']").is_checked()
    go_on(page)
    assert "3 questions here have no answer yet" in page.get_by_role("alert").inner_text()
    for name in ("V2", "V3"):
        tap(page, name, 4)
    tap(page, "V4", "cannot_judge")
    go_on(page)


def return_on_another_device(phone, desktop, link):
    """Two pages on the phone, the rest at the desk, with the six digits the phone shows."""
    begin(phone, link)
    fill_page(phone, 3)
    go_on(phone)
    code = phone.locator("main > p.soft").inner_text().rstrip(".").rpartition(" ")[2]
    desktop.goto(link)
    desktop.wait_for_url("**/resume")
    desktop.get_by_label("Resume code").fill(code)
    desktop.get_by_role("button", name="Continue").click()
    desktop.locator("main .actions a.button").first.click()
    assert desktop.url.endswith("/answer/part/G")


def count_boxes(service, round_):
    with service.session() as session:
        return ballots.count(session, round_.id)


def test_whole_round(service, new_context, facilitator, partnership, second, pairs):
    people = [link for pair in pairs for link in pair]
    pages = [new_context(PHONE, locale="km-KH" if n == 1 else "en-GB").new_page() for n in range(3)]
    answer_by_hand(pages[0], people[0])
    read_in_khmer(pages[1], people[1])
    unscripted = new_context(java_script_enabled=False).new_page()
    unscripted.goto(people[2])
    unscripted.get_by_label("Code").fill(people[2].split("#")[1])
    unscripted.get_by_role("button", name="Open my questionnaire").click()
    unscripted.get_by_role("link", name="Begin").click()
    desk = new_context().new_page()
    return_on_another_device(pages[2], desk, people[3])
    started = [pages[0], pages[1], unscripted, desk]
    for person, link in enumerate(people):
        page = started[person] if person < len(started) else new_context().new_page()
        if person >= len(started):
            begin(page, link)
        answer_rest(page, person)
        if person % 2 == 0:
            draft_position(page, person)
            page.goto("/answer/review")
        else:
            sign_position(page)
            page.goto("/answer/review")
        hand_in(page)
    assert count_boxes(service, second) == 12 + 6

    close_and_open(service, second)
    assert count_boxes(service, second) == 0
    page = new_context().new_page()
    page.goto("/login")
    page.get_by_label("E-mail address").fill(facilitator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"/partnerships/{partnership.id}/trend")
    rows = page.locator("table").first.locator("tbody tr").all_inner_texts()
    assert [any(f"Round {n}" in row for row in rows) for n in (1, 2)] == [True, True]
    assert page.locator("svg").first.is_visible()
    page.goto(f"/partnerships/{partnership.id}/rounds/2")
    said = " ".join(page.locator("main").inner_text().split())
    assert "People who answered 12 100 %" in said
    assert "Organizations that answered 6 100 %" in said
