"""The red banner when a copy of the keys is missing or damaged, and the page that says what to do and does it."""

from __future__ import annotations

import html
import shutil
from uuid import uuid4

import pytest

from surveys import accounts, rounds
from surveys.problems import KeysMissing
from tests.factories import make_account, make_round
from tests.server.conftest import text_of
from tests.surveys.test_keystore import flip_a_bit

BANNER = "A copy of the keys is missing or damaged: no answer is lost, but repair it today."
ABSENT = "A copy of the keys is not in its place"
LOST = "Every copy of the keys of a round is damaged"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def round_id(keystore):
    made = uuid4()
    keystore.create(made)
    return made


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def file_of(keystore, replica, round_id):
    return keystore.replicas[replica] / f"{round_id.hex}.key"


def test_all_is_well(as_amina, round_id):
    page = read(as_amina.get("/keystore"))
    assert "All copies are intact." in page
    assert not any(said in page for said in (BANNER, ABSENT, LOST))
    assert "Copy the intact keys" not in page


def test_a_flipped_bit_is_shown_and_repaired(as_amina, keystore, round_id, partnership):
    flip_a_bit(file_of(keystore, 0, round_id))
    for path in ("/partnerships", f"/partnerships/{partnership.id}", "/keystore"):
        assert BANNER in read(as_amina.get(path))
    assert "0 missing, 1 damaged" in read(as_amina.get("/keystore"))
    assert as_amina.post("/keystore/repair").status_code == 303
    assert keystore.check() == []
    assert BANNER not in read(as_amina.get("/partnerships"))


def test_a_missing_file_is_shown_and_repaired(as_amina, keystore, round_id):
    file_of(keystore, 1, round_id).unlink()
    assert "1 missing, 0 damaged" in read(as_amina.get("/keystore"))
    as_amina.post("/keystore/repair")
    assert keystore.check() == []


def test_a_medium_taken_out_is_said(as_amina, session, keystore, round_id, partnership):
    shutil.rmtree(keystore.replicas[1])
    page = read(as_amina.get("/keystore"))
    assert ABSENT in page
    assert "not in its place" in page
    round_ = make_round(session, keystore, partnership=partnership, state="prepared")
    rounds.approve(session, round_, by="Dara")
    with pytest.raises(KeysMissing, match="not in its place"):
        rounds.start(session, round_, keystore)
    as_amina.post("/keystore/repair")
    assert (keystore.absent(), keystore.check()) == ([], [])


def test_all_damaged_is_said_and_nothing_is_made_worse(as_amina, keystore, round_id):
    for replica in (0, 1):
        flip_a_bit(file_of(keystore, replica, round_id))
    held = [file_of(keystore, replica, round_id).read_bytes() for replica in (0, 1)]
    assert LOST in read(as_amina.get("/partnerships"))
    page = read(as_amina.get("/keystore"))
    assert "1 key has no intact copy. Do not close or open anything." in page
    assert "Copy the intact keys" not in page
    assert as_amina.post("/keystore/repair").status_code == 303
    assert [file_of(keystore, replica, round_id).read_bytes() for replica in (0, 1)] == held


def test_a_copy_brought_back_repairs_the_rest(as_amina, keystore, round_id, tmp_path):
    shutil.copytree(keystore.replicas[0], tmp_path / "in the safe")
    for replica in (0, 1):
        flip_a_bit(file_of(keystore, replica, round_id))
    shutil.copytree(tmp_path / "in the safe", keystore.replicas[1], dirs_exist_ok=True)
    as_amina.post("/keystore/repair")
    assert keystore.check() == []


def test_readers_see_neither_banner_nor_page(log_in, session, keystore, round_id, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    flip_a_bit(file_of(keystore, 0, round_id))
    browser = log_in(reader)
    assert BANNER not in read(browser.get("/partnerships"))
    assert browser.get("/keystore").status_code == 404
    assert browser.post("/keystore/repair").status_code == 404


def test_no_key_is_on_the_page(as_amina, keystore, round_id):
    flip_a_bit(file_of(keystore, 0, round_id))
    keys = keystore.load(round_id)
    page = as_amina.get("/keystore").text
    assert not any(secret.hex() in page for secret in (keys.pepper, keys.link_key, keys.shred_key))
