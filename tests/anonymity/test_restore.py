"""Backups of a round: while the keys live they save it, after shredding none of them opens a single box."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pytest
from nacl.public import SealedBox
from sqlalchemy import Engine
from sqlmodel import Session, select

from server.backup import back_up, restore
from server.opening import open_round
from server.shredding import shred
from surveys import ballots, key_codes, key_locks, sharing
from surveys.database import make_engine, transaction
from surveys.key_locks import Unlocked
from surveys.keystore import RoundKeys
from surveys.models import Ballot, Round
from surveys.problems import CodesNeeded, KeysMissing
from tests.key_circle import Hand
from tests.server.test_opening import CLOSED, close_with
from tests.server.test_unlocking import closed_circle, enter

BOXES = 16  # twelve people and four positions
both_modes = pytest.mark.parametrize("several", [False, True], ids=["one key", "several keys"])


@dataclass
class Scene:
    round_: Round
    hands: list[Hand]

    def open(self, engine: Engine, keystore) -> str:
        if not self.hands:
            return open_round(engine, keystore, self.round_.id, now=CLOSED)
        return [enter(engine, keystore, self.round_, hand) for hand in self.hands[:2]][-1]


@pytest.fixture
def scene(fresh_engine, keystore, several) -> Scene:
    return Scene(*closed_circle(fresh_engine, keystore)) if several else Scene(close_with(fresh_engine, keystore), [])


def restored(path, tmp_path) -> Engine:
    url = f"sqlite:///{tmp_path / f'restored-{secrets.token_hex(4)}.db'}"
    restore(path, url)
    return make_engine(url)


@both_modes
def test_a_backup_of_the_running_round_saves_it(fresh_engine, keystore, tmp_path, scene):
    backup = back_up(fresh_engine, tmp_path / "backups", now=CLOSED)
    engine = restored(backup, tmp_path)
    assert scene.open(engine, keystore) == "released"
    with Session(engine) as session:
        assert session.get(Round, scene.round_.id).state == "released"
    engine.dispose()


@both_modes
def test_a_round_opened_already_opens_from_its_backup_until_shredding_only(fresh_engine, keystore, tmp_path, scene):
    backup = back_up(fresh_engine, tmp_path / "backups", now=CLOSED)
    scene.open(fresh_engine, keystore)
    engine = restored(backup, tmp_path)
    assert scene.open(engine, keystore) == "released"
    engine.dispose()
    shred(fresh_engine, keystore, tmp_path / "after", now=CLOSED)
    engine = restored(backup, tmp_path)
    with pytest.raises(KeysMissing):
        scene.open(engine, keystore)
    with Session(engine) as session:
        assert (session.get(Round, scene.round_.id).state, ballots.count(session, scene.round_.id)) == ("closed", BOXES)
    engine.dispose()


@both_modes
def test_after_shredding_no_backup_opens_a_box(fresh_engine, keystore, tmp_path, scene):
    """The attacker has every backup, the database, the disk of the keystore, and all codes on paper."""
    saved = [back_up(fresh_engine, tmp_path / "mine", now=CLOSED)]
    if scene.hands:
        enter(fresh_engine, keystore, scene.round_, scene.hands[2])
        saved.append(back_up(fresh_engine, tmp_path / "mine", now=CLOSED.replace(minute=1)))
    scene.open(fresh_engine, keystore)
    saved.append(back_up(fresh_engine, tmp_path / "mine", now=CLOSED.replace(minute=2)))
    shred(fresh_engine, keystore, tmp_path / "backups", now=CLOSED)
    saved += (tmp_path / "backups").glob("*.db")
    boxes = opened = 0
    for path in saved:
        engine = restored(path, tmp_path)
        with transaction(engine) as session:
            found = session.exec(select(Ballot.box).where(Ballot.round_id == scene.round_.id)).all()
            boxes += len(found)
            opened += sum(opens(box, key) for box in found for key in keys_left(session, keystore, scene))
        engine.dispose()
    assert boxes >= BOXES, "there was something to open"
    assert opened == 0


def keys_left(session: Session, keystore, scene: Scene) -> list[SealedBox]:
    """Every opener that can be made of what is left."""
    round_ = session.get(Round, scene.round_.id)
    locks = [None, *locks_of(session, round_, scene.hands)]
    leftovers = [path.read_bytes() for replica in keystore.replicas for path in replica.iterdir() if path.is_file()]
    candidates = [b"\0" * 32, *(held[at : at + 32] for held in leftovers for at in range(max(len(held) - 31, 0)))]
    openers = []
    for key in candidates:
        for lock in locks:
            try:
                openers.append(ballots.opener(round_.wrapped_private_key, RoundKeys(key, key, key), lock))
            except CodesNeeded:
                continue
    return openers or [SealedBox(key_codes.private_key(key_codes.new_code()))]


def locks_of(session: Session, round_: Round, hands: list[Hand]) -> list[bytes]:
    """The key of the round's lock, from the codes on paper and the shares in the backup."""
    lock = key_locks.find_lock(session, round_.id)
    if lock is None:
        return []
    shares = {}
    for hand in hands:
        share = key_locks.find_share(session, lock.id, hand.holder.id)
        value = SealedBox(key_codes.private_key(hand.code)).decrypt(share.sealed)
        shares[share.place] = int.from_bytes(value, "big")
    return [key_locks.lock_key(sharing.combine(shares))]


def opens(box: bytes, opener: SealedBox) -> bool:
    try:
        return bool(opener.decrypt(box))
    except Exception:
        return False


def test_the_attack_works_while_the_keys_live(fresh_engine, keystore, tmp_path):
    """What the test above tries is what opens a round: with the keystore it succeeds."""
    round_, hands = closed_circle(fresh_engine, keystore)
    with transaction(fresh_engine) as session:
        found = session.get(Round, round_.id)
        (lock,) = locks_of(session, found, hands)
        unsealed = ballots.unseal(session, found, keystore.load(round_.id), Unlocked(lock).round_key)
        assert len(unsealed.personal) + len(unsealed.positions) == BOXES
