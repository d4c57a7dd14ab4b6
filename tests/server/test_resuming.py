"""/resume: going on with another device takes the link and the six digits of the first one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.server.conftest import text_of


@pytest.fixture
def phone(invited):
    """Where answering began."""
    person = invited()
    person.save("V", V1="7")
    person.save("V", V1="7")
    return person


@pytest.fixture
def laptop(phone, invited):
    return invited()


def code_of(phone):
    return re.search(r"resume code (\d{6})", text_of(phone.see("/answer/part/V").text))[1]


def test_it_works(phone, laptop):
    assert laptop.browser.get("/answer").headers["location"] == "/resume"
    answer = laptop.browser.post("/resume", data={"code": code_of(phone)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/answer")
    assert 'href="/answer/part/G"' in laptop.see("/answer").text
    assert 'name="V1" value="7" checked' in laptop.see("/answer/part/V").text
    assert code_of(laptop) == code_of(phone)


def test_both_devices_go_on(phone, laptop):
    laptop.browser.post("/resume", data={"code": code_of(phone)})
    laptop.save("G", G1="3")
    assert 'name="G1" value="3" checked' in phone.see("/answer/part/G").text


@pytest.mark.parametrize("path", ["/answer", "/answer/part/V", "/answer/review"])
def test_link_alone_shows_nothing(phone, laptop, path):
    answer = laptop.browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/resume")


def test_link_alone_changes_nothing(phone, laptop):
    for answer in (laptop.save("V", V1="1"), laptop.hand_in()):
        assert (answer.status_code, answer.headers["location"]) == (303, "/resume")
    assert 'name="V1" value="7" checked' in phone.see("/answer/part/V").text


def test_spaces_and_khmer_digits_are_understood(phone, laptop):
    code = code_of(phone)
    typed = f" {code[:3]}-{code[3:]} ".translate({ord("0") + n: 0x17E0 + n for n in range(10)})
    assert laptop.browser.post("/resume", data={"code": typed}).status_code == 303


@pytest.mark.parametrize("typed", ["", "000", "x" * 40, "１２３４５６７"])
def test_wrong_code_is_said(phone, laptop, typed):
    answer = laptop.browser.post("/resume", data={"code": typed})
    assert answer.status_code == 422
    page = text_of(answer.text)
    assert "This code does not open the saved answers. Nothing was changed" in page
    assert 'aria-invalid="true"' in answer.text


def test_guessing_is_stopped(clock, phone, laptop):
    right = code_of(phone)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        assert laptop.browser.post("/resume", data={"code": wrong}).status_code == 422
    answer = laptop.browser.post("/resume", data={"code": right})
    assert answer.status_code == 429
    assert "fifteen minutes" in text_of(answer.text)
    assert "Answers you had saved are still saved." in text_of(answer.text)
    clock.now += timedelta(minutes=16)
    assert laptop.browser.post("/resume", data={"code": right}).status_code == 303


def test_other_peoples_code_opens_nothing(phone, invited):
    other = invited(1)
    other.save("V", V1="2")
    elsewhere = invited(1)
    assert elsewhere.browser.post("/resume", data={"code": code_of(phone)}).status_code == 422


def test_starting_again_deletes_the_draft(phone, laptop):
    answer = laptop.browser.post("/resume/restart")
    assert (answer.status_code, answer.headers["location"]) == (303, "/answer")
    assert " checked" not in laptop.see("/answer/part/V").text
    assert phone.browser.get("/answer/part/V").headers["location"] == "/resume"


def test_starting_again_keeps_what_was_handed_in(phone, laptop):
    phone.hand_in()
    laptop.browser.post("/resume/restart")
    phone.enter()
    assert "Your answers are handed in" in phone.see("/answer").text


def test_reading_changes_nothing(phone, laptop):
    assert laptop.browser.get("/resume").status_code == 200
    assert laptop.browser.get("/resume/restart").status_code == 405
    assert 'name="V1" value="7" checked' in phone.see("/answer/part/V").text


def test_without_a_link(client):
    assert client.get("/resume").status_code == 403
    assert client.post("/resume", data={"code": "123456"}).status_code == 403
