"""Two devices, impatient fingers and the closing second: real connections, real commits, one ballot a person."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import httpx2
import pytest
from sqlmodel import Session, select

from server.ticker import tick
from surveys import ballots, rounds
from surveys.instruments import standard_instrument
from surveys.models import Ballot, Draft, Round
from tests.factories import make_round
from tests.service import running_service

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def service(tmp_path, fresh_url):
    with running_service(tmp_path, database=fresh_url) as running:
        yield running


@pytest.fixture
def asked(service):
    with service.session() as session:
        return make_round(session, service.keystore, instrument=standard_instrument())


@pytest.fixture
def open_link(service, asked):
    """Person number so-and-so in a new browser."""
    opened = []
    with Session(service.engine) as session:
        secrets = [service.secret_of(asked, one) for one in rounds.invitations_of(session, asked)]

    def enter(person: int = 0) -> httpx2.Client:
        browser = httpx2.Client(base_url=service.url, timeout=60)
        opened.append(browser)
        assert browser.post("/i", data={"secret": secrets[person]}).status_code == 303
        return browser

    yield enter
    for browser in opened:
        browser.close()


def at_once(*acts: Callable[[], httpx2.Response]) -> list[int]:
    """All of them in the same moment; what each was answered."""
    gate = Barrier(len(acts))

    def act(one: Callable[[], httpx2.Response]) -> int:
        gate.wait()
        return one().status_code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def unsealed(service, round_):
    with Session(service.engine) as session:
        opened = ballots.unseal(session, session.get_one(Round, round_.id), service.keystore.load(round_.id))
        return [payload["answers"] for payload in opened.personal]


def count(service, table):
    with Session(service.engine) as session:
        return len(session.exec(select(table.id)).all())


def test_five_impatient_taps(service, asked, open_link):
    phone = open_link()
    phone.post("/answer/part/V", data={"V1": "7", "go": "on"})
    cookies = dict(phone.cookies)

    def tap():
        return httpx2.post(f"{service.url}/answer/hand-in", cookies=cookies, timeout=60)

    assert at_once(*[tap] * 5) == [303] * 5
    assert unsealed(service, asked) == [{"V1": 7}]
    assert count(service, Draft) == 0


def test_phone_and_laptop_in_the_same_second(service, asked, open_link):
    phone = open_link()
    phone.post("/answer/part/V", data={"V1": "7", "go": "on"})
    code = re.search(r"resume code (\d{6})", phone.get("/answer/part/V").text)[1]
    laptop = open_link()
    assert laptop.post("/resume", data={"code": code}).status_code == 303
    assert at_once(lambda: phone.post("/answer/hand-in"), lambda: laptop.post("/answer/hand-in")) == [303, 303]
    assert unsealed(service, asked) == [{"V1": 7}]


@pytest.mark.parametrize("person", range(6))
def test_autosave_crosses_the_hand_in(service, asked, open_link, person):
    """Whichever comes first, the ballot stands and a late autosave brings no draft back."""
    phone = open_link(person)
    phone.post("/answer/part/V", data={"V1": "7", "go": "on"})
    saves = [lambda n=n: phone.post("/answer/part/V?save=1", data={"V1": "7", "V2": str(n)}) for n in range(4)]
    answered = at_once(lambda: phone.post("/answer/hand-in"), *saves)
    assert answered[0] == 303
    assert set(answered[1:]) <= {200, 303, 403}
    assert [one["V1"] for one in unsealed(service, asked)] == [7]
    assert count(service, Draft) == 0


def test_pages_saved_in_the_same_moment_are_all_kept(service, asked, open_link):
    phone = open_link()
    acts = [lambda code=code: phone.post(f"/answer/part/{code}", data={f"{code}1": "7"}) for code in "VGTHLRS"]
    assert at_once(*acts) == [303] * 7
    phone.post("/answer/hand-in")
    assert unsealed(service, asked) == [{f"{code}1": 7 for code in "VGTHLRS"}]


def test_colleagues_write_the_position_in_the_same_moment(service, asked, open_link):
    with Session(service.engine) as session:
        organizations = [one.organization_id for one in rounds.invitations_of(session, asked)]
    mates = [n for n, one in enumerate(organizations) if one == organizations[0]]
    partners = sorted({str(one) for one in organizations} - {str(organizations[0])})
    people = [open_link(mates[n % 2]) for n in range(3)]
    said = {"D0": "some", "D1": "7"}
    pairs = zip(people, partners, strict=True)
    acts = [lambda one=one, partner=partner: one.post(f"/position/{partner}", data=said) for one, partner in pairs]
    assert at_once(*acts) == [303] * 3
    keys = service.keystore.load(asked.id)
    with Session(service.engine) as session:
        assert ballots.load_position(session, keys, organizations[0])["ratings"].keys() == set(partners)


def test_everybody_in_the_last_minute(service, asked, open_link):
    people = [open_link(n) for n in range(8)]
    service.now = asked.closes_at + timedelta(minutes=59)
    assert at_once(*[lambda one=one: one.post("/answer/hand-in") for one in people]) == [303] * 8
    assert count(service, Ballot) == 8


def test_handing_in_while_the_round_closes(service, asked, open_link):
    """Handed in and counted, or told that it was too late: never both, never neither."""
    people = [open_link(n) for n in range(8)]
    for one in people[:5]:
        one.post("/answer/hand-in")
    service.now = closing = asked.closes_at + timedelta(minutes=60)

    def close():
        tick(service.engine, service.keystore, service.folder / "backups", now=closing)
        return httpx2.Response(200)

    answered = at_once(close, *[lambda one=one: one.post("/answer/hand-in") for one in people[5:]])
    accepted = sum(status == 303 for status in answered[1:])
    assert set(answered[1:]) <= {303, 410}
    assert count(service, Ballot) == 5 + accepted
    with Session(service.engine) as session:
        assert session.get_one(Round, asked.id).state == "closed"


def test_answer_lost_after_it_was_stored(service, asked, open_link):
    """The line breaks before the reply: whoever presses again has one ballot and its receipt."""
    phone = open_link()
    phone.post("/answer/part/V", data={"V1": "7", "go": "on"})
    cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    host, port = service.url.removeprefix("http://").split(":")
    head = f"POST /answer/hand-in HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode())
    answer = phone.post("/answer/hand-in", follow_redirects=True)
    assert re.search(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", answer.text)
    assert unsealed(service, asked) == [{"V1": 7}]
    assert count(service, Draft) == 0


@pytest.mark.parametrize("cut", [1, 40, 4000])
def test_connection_cut_while_sending(service, asked, open_link, cut):
    """The bytes stop half-way: nothing is stored, and the next try is as good as the first."""
    phone = open_link()
    body = b"O1=" + b"x" * 900 + b"&O2=" + b"y" * 900 + b"&go=on"
    cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    head = (
        f"POST /answer/part/open HTTP/1.1\r\nHost: {service.url.removeprefix('http://')}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body) + 1}\r\n\r\n"
    )
    address = service.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as line:
        line.sendall(head.encode() + body[:cut])
    assert count(service, Draft) == 0
    assert phone.post("/answer/part/open", content=body, headers=FORM).status_code == 303
    assert count(service, Draft) == 1
