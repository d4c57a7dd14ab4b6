"""A key holder's way, from the first link to the opened round, without an account."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.settings import Settings
from surveys import key_holders, key_locks, rehearsals
from surveys.database import transaction
from surveys.key_codes import new_code
from surveys.models import KeyHolder, Round
from tests.factories import make_partnership, make_round, share_fonts
from tests.key_circle import make_circle, make_hand, ready_circle
from tests.server.conftest import text_of
from tests.server.test_opening import CLOSED
from tests.server.test_unlocking import closed_circle

GROUP = re.compile(r'<li><span class="code">(\d{5})</span></li>')


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def at_desk(client):
    """A browser that has opened a personal link."""

    def enter(secret: str) -> TestClient:
        client.cookies.clear()
        answer = client.post("/k", data={"secret": secret})
        assert (answer.status_code, answer.headers["location"]) == (303, "/keys")
        return client

    return enter


def test_it_works(at_desk, session, partnership):
    holder, secret = key_holders.add(session, partnership, "Dara, trustee")
    browser = at_desk(secret.lower().replace("-", " "))
    assert "show me my code" in read(browser.get("/keys"))
    shown = browser.post("/keys/code")
    code = " ".join(GROUP.findall(shown.text))
    assert len(code) == 59
    page = browser.get("/keys")
    assert "Type your code back" in read(page)
    assert code[:5] not in page.text, "the code is shown once"
    answer = browser.post("/keys/confirm", data={"code": code.replace(" ", "")})
    assert answer.headers["location"] == "/keys?said=confirmed"
    assert "Put the sheet away safely" in read(browser.get(answer.headers["location"]))
    assert holder.is_confirmed


def test_a_typo_is_located_and_the_rest_stays(at_desk, session, partnership):
    holder, secret = key_holders.add(session, partnership, "Dara")
    browser = at_desk(secret)
    groups = GROUP.findall(browser.post("/keys/code").text)
    groups[2] = groups[2][:-1] + str((int(groups[2][-1]) + 1) % 10)
    page = browser.post("/keys/confirm", data={"code": " ".join(groups)})
    assert page.status_code == 422
    assert "Group 3 does not fit." in read(page)
    assert f">{' '.join(groups)}</textarea>" in page.text
    assert not holder.is_confirmed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Please count the groups"),
        ("12345 67890", "Please count the groups"),
        (new_code(), "not the one asked for here"),
        ('"><script>x</script>', "Please count the groups"),
    ],
    ids=["empty", "short", "of somebody else", "a script"],
)
def test_other_mistakes_are_explained(at_desk, session, partnership, typed, said):
    hand = make_hand(session, partnership, "Dara")
    page = at_desk(hand.secret).post("/keys/confirm", data={"code": typed})
    assert page.status_code == 422
    assert said in read(page)
    assert "<script>x" not in page.text


def test_testing_says_only_that_it_works(at_desk, session, partnership):
    hand = make_hand(session, partnership, "Dara")
    browser = at_desk(hand.secret)
    answer = browser.post("/keys/confirm", data={"code": hand.code})
    assert answer.headers["location"] == "/keys?said=works"
    page = browser.get("/keys?said=works")
    assert "Your code works." in read(page)
    assert hand.code[:5] not in page.text


def test_a_confirmed_code_cannot_be_replaced_with_the_link(at_desk, session, partnership):
    hand = make_hand(session, partnership, "Dara")
    before = hand.holder.public_key
    assert at_desk(hand.secret).post("/keys/code").status_code == 303
    assert hand.holder.public_key == before


def test_rehearsal_from_three_desks(at_desk, session, keystore, partnership):
    hands = make_circle(session, partnership)
    rehearsals.begin(session, partnership, keystore)
    said = []
    for hand in hands:
        browser = at_desk(hand.secret)
        assert "made-up answers waits for your code" in read(browser.get("/keys"))
        said.append(browser.post("/keys/rehearse", data={"code": hand.code}).headers["location"])
        assert browser.post("/keys/rehearse", data={"code": hand.code}).headers["location"] == "/keys"
    assert said == ["/keys?said=waiting", "/keys?said=waiting", "/keys?said=passed"]
    assert key_holders.is_rehearsed(session, partnership)


def test_a_wrong_code_in_the_rehearsal_is_not_counted(at_desk, session, keystore, partnership):
    hands = make_circle(session, partnership)
    rehearsals.begin(session, partnership, keystore)
    page = at_desk(hands[0].secret).post("/keys/rehearse", data={"code": hands[1].code})
    assert (page.status_code, "not the one asked for here" in read(page)) == (422, True)


def test_before_closing_the_day_is_said(at_desk, session, keystore, partnership):
    hands = ready_circle(session, partnership, keystore)
    make_round(session, keystore, partnership=partnership)
    page = read(at_desk(hands[0].secret).get("/keys"))
    assert "Your code is needed from 26 June 2026" in page
    assert "I have lost my code" in page


@pytest.mark.parametrize("path", ["/keys", "/keys?said=works"])
def test_without_a_link_nothing_is_shown(client, path):
    assert client.get(path).headers["location"] == "/k"
    for act in ("code", "confirm", "rehearse"):
        assert client.post(f"/keys/{act}").headers["location"] == "/k"


@pytest.mark.parametrize("secret", ["", "0000-0000-0000-0000-0000-0000", "not a link", "x" * 400])
def test_unknown_links_are_explained(client, secret):
    page = client.post("/k", data={"secret": secret})
    assert page.status_code == 410
    assert "ask the facilitator" in read(page)


def test_a_replaced_link_stops_working(at_desk, session, partnership):
    hand = make_hand(session, partnership, "Dara")
    browser = at_desk(hand.secret)
    key_holders.new_link(hand.holder)
    session.flush()
    assert browser.get("/keys").headers["location"] == "/k"


@pytest.mark.parametrize("step", ["code", "confirm", "rehearse", "rounds/5/open"])
def test_changing_the_language_after_a_step_leads_to_the_desk(at_desk, session, partnership, step):
    browser = at_desk(make_hand(session, partnership, "Dara").secret)
    answer = browser.post("/language", data={"language": "fr", "back": f"/keys/{step}"})
    assert browser.get(answer.headers["location"]).headers["location"] == "/keys"


def test_leaving_forgets_the_link(at_desk, session, partnership):
    browser = at_desk(make_hand(session, partnership, "Dara").secret)
    browser.post("/keys/leave")
    assert browser.get("/keys").headers["location"] == "/k"


def test_pages_with_secrets_are_not_kept(at_desk, session, partnership):
    _, secret = key_holders.add(session, partnership, "Dara")
    answer = at_desk(secret).post("/keys/code")
    assert answer.headers["cache-control"] == "no-store"


# Opening a round, on a database that commits --------------------------------------------------------------------------


@pytest.fixture
def open_house(fresh_url, fresh_engine, keystore, tmp_path):
    """The service over a closed round of three key holders, and its clock."""
    share_fonts(tmp_path)
    app = create_app(Settings(var_dir=tmp_path, database_url=fresh_url, secret_key_file=tmp_path / "secret-key"))
    moment = [CLOSED]
    app.dependency_overrides = {deps.get_keystore: lambda: keystore, deps.read_clock: lambda: moment[0]}
    round_, hands = closed_circle(fresh_engine, keystore)
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
        yield browser, round_, hands, moment
    app.state.engine.dispose()


def sit_down(browser, hand):
    browser.cookies.clear()
    browser.post("/k", data={"secret": hand.secret})


def test_the_last_code_opens_the_round(open_house, fresh_engine):
    browser, round_, hands, _ = open_house
    said = []
    for hand in hands[:2]:
        sit_down(browser, hand)
        assert "waits for the codes of 2 of 3 key holders" in read(browser.get("/keys"))
        answer = browser.post(f"/keys/rounds/{round_.id}/open", data={"code": hand.code})
        said.append(answer.headers["location"])
    assert said == ["/keys?said=waiting", "/keys?said=released"]
    assert "Yours was the last code needed" in read(browser.get(said[-1]))
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).state == "released"


def test_a_typo_at_the_opening_is_located(open_house, fresh_engine):
    browser, round_, hands, _ = open_house
    sit_down(browser, hands[0])
    groups = hands[0].code.split()
    groups[0], groups[1] = groups[1], groups[0]
    page = browser.post(f"/keys/rounds/{round_.id}/open", data={"code": " ".join(groups)})
    assert (page.status_code, "Groups 1, 2 do not fit." in read(page)) == (422, True)
    with Session(fresh_engine) as session:
        assert key_locks.waiting(session, key_locks.find_lock(session, round_.id)).entered == 0


def test_codes_before_the_announced_time_are_refused(open_house, fresh_engine):
    browser, round_, hands, moment = open_house
    moment[0] = round_.closes_at + timedelta(minutes=90)
    sit_down(browser, hands[0])
    assert browser.post(f"/keys/rounds/{round_.id}/open", data={"code": hands[0].code}).status_code == 409
    with Session(fresh_engine) as session:
        assert key_locks.waiting(session, key_locks.find_lock(session, round_.id)).entered == 0


def test_strangers_cannot_enter_or_lose(open_house, fresh_engine):
    browser, round_, _, _ = open_house
    with transaction(fresh_engine) as session:
        stranger = make_hand(session, make_partnership(session), "Stranger")
    sit_down(browser, stranger)
    assert browser.post(f"/keys/rounds/{round_.id}/open", data={"code": stranger.code}).status_code == 404
    assert browser.post(f"/keys/rounds/{round_.id}/lost", data={"sure": "yes"}).status_code == 404
    browser.cookies.clear()
    assert browser.post(f"/keys/rounds/{round_.id}/open", data={"code": stranger.code}).headers["location"] == "/k"


def test_losing_takes_a_second_thought(open_house, fresh_engine):
    browser, round_, hands, _ = open_house
    sit_down(browser, hands[0])
    browser.post(f"/keys/rounds/{round_.id}/lost")
    with Session(fresh_engine) as session:
        assert key_locks.waiting(session, key_locks.find_lock(session, round_.id)).lost == 0
    browser.post(f"/keys/rounds/{round_.id}/lost", data={"sure": "yes"})
    assert "You said that your code for this round is lost." in read(browser.get("/keys"))
    sit_down(browser, hands[1])
    browser.post(f"/keys/rounds/{round_.id}/lost", data={"sure": "yes"})
    with Session(fresh_engine) as session:
        assert session.get(Round, round_.id).state == "cancelled"


def test_codes_are_in_no_file_and_no_log(open_house, fresh_engine, tmp_path, caplog, capfd):
    browser, round_, hands, _ = open_house
    for hand in hands[:2]:
        sit_down(browser, hand)
        browser.post(f"/keys/rounds/{round_.id}/open", data={"code": hand.code})
    written = b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "fonts" not in path.parts
    )
    said = (caplog.text + "".join(capfd.readouterr())).encode()
    for hand in hands:
        for secret in (hand.code, hand.code.replace(" ", ""), hand.secret):
            assert secret.encode() not in written + said
    if fresh_engine.dialect.name == "sqlite":  # PostgreSQL keeps its files elsewhere
        assert hands[0].holder.person.encode() in written, "what was written was read"


def test_a_holder_removed_meanwhile_still_opens_the_round(open_house, fresh_engine):
    browser, round_, hands, _ = open_house
    with transaction(fresh_engine) as session:
        session.get(KeyHolder, hands[0].holder.id).is_removed = True
    for hand in hands[:2]:
        sit_down(browser, hand)
        answer = browser.post(f"/keys/rounds/{round_.id}/open", data={"code": hand.code})
    assert answer.headers["location"] == "/keys?said=released"
