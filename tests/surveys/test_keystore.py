"""Keys survive one damaged or missing replica, are never shown, and are gone when they say so."""

from __future__ import annotations

from uuid import uuid4

import pytest

from surveys.keystore import Keystore
from surveys.problems import KeysDamaged, KeysMissing


def flip_a_bit(path):
    raw = bytearray(path.read_bytes())
    raw[20] ^= 1
    path.write_bytes(bytes(raw))


def test_it_works(keystore):
    round_id = uuid4()
    keys = keystore.create(round_id)
    assert keystore.load(round_id) == keys
    assert {len(keys.pepper), len(keys.link_key), len(keys.shred_key)} == {32}
    assert keystore.check() == []


def test_files_are_private(keystore):
    keystore.create(uuid4())
    files = [path for replica in keystore.replicas for path in replica.glob("*.key")]
    assert len(files) == 2
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_keys_are_never_shown(keystore):
    keys = keystore.create(uuid4())
    assert keys.pepper.hex() not in repr(keys)
    assert repr(keys.pepper) not in repr(keys)


def test_flipped_bit_is_found_and_survived(keystore):
    round_id = uuid4()
    keys = keystore.create(round_id)
    flip_a_bit(keystore.replicas[0] / f"{round_id.hex}.key")
    assert [(fault.replica, fault.fault) for fault in keystore.check()] == [(keystore.replicas[0], "damaged")]
    assert keystore.load(round_id) == keys


def test_missing_replica_is_found_survived_and_repaired(keystore):
    round_id = uuid4()
    keys = keystore.create(round_id)
    (keystore.replicas[1] / f"{round_id.hex}.key").unlink()
    assert [(fault.replica, fault.fault) for fault in keystore.check()] == [(keystore.replicas[1], "missing")]
    assert keystore.load(round_id) == keys
    assert keystore.repair() == 1
    assert keystore.check() == []


def test_both_damaged_is_said(keystore):
    round_id = uuid4()
    keystore.create(round_id)
    for replica in keystore.replicas:
        flip_a_bit(replica / f"{round_id.hex}.key")
    with pytest.raises(KeysDamaged):
        keystore.load(round_id)


def test_another_rounds_file_is_not_taken(keystore):
    first, second = uuid4(), uuid4()
    keystore.create(first)
    for replica in keystore.replicas:
        (replica / f"{second.hex}.key").write_bytes((replica / f"{first.hex}.key").read_bytes())
    with pytest.raises(KeysDamaged):
        keystore.load(second)


def test_unknown_round_is_said(keystore):
    with pytest.raises(KeysMissing):
        keystore.load(uuid4())


def test_destroyed_means_gone_everywhere(keystore):
    round_id = uuid4()
    keystore.create(round_id)
    assert keystore.destroy(round_id)
    assert [path for replica in keystore.replicas for path in replica.glob("*.key")] == []
    assert keystore.destroy(round_id)


def test_carry_over_key_is_made_once(keystore):
    round_id = uuid4()
    key = keystore.create_carry_over(round_id)
    assert keystore.create_carry_over(round_id) == key == keystore.load_carry_over(round_id)
    assert keystore.destroy_carry_over(round_id)


def test_empty_keystore_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Keystore([])
