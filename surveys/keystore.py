"""The keys of rounds: a directory outside the database and its backups, in two or more replicas.

Each file carries a digest of itself, so that one flipped bit is found and the other replica serves. Never logged, never
printed, never in the database.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from surveys.problems import KeysDamaged, KeysMissing

LARGEST = 4096  # bytes of one file of keys
MARK = ".replica"  # where it is missing, the medium is not in its place: nothing on it can be said to be destroyed


@dataclass(frozen=True, slots=True)
class RoundKeys:
    """Three secrets of one round, 32 bytes each; never shown, not even in an error."""

    pepper: bytes = field(repr=False)
    link_key: bytes = field(repr=False)
    shred_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplicaFault:
    """One file that is missing or damaged on one replica, while another replica holds it."""

    replica: Path
    name: str
    fault: Literal["missing", "damaged"]


class Keystore:
    """All replicas together. Writing needs every replica; reading needs one that is intact."""

    def __init__(self, replicas: Sequence[Path]) -> None:
        if not replicas:
            raise ValueError("a keystore needs at least one replica")
        self.replicas = tuple(Path(replica) for replica in replicas)

    def create(self, round_id: UUID) -> RoundKeys:
        """New keys for a round, on every replica before anything depends on them."""
        keys = RoundKeys(*(secrets.token_bytes(32) for _ in fields(RoundKeys)))
        self._write(round_id.hex, {one.name: getattr(keys, one.name) for one in fields(RoundKeys)})
        return keys

    def load(self, round_id: UUID) -> RoundKeys:
        return RoundKeys(**self._read(round_id.hex))

    def holds(self, round_id: UUID) -> bool:
        return any(_path(replica, round_id.hex).exists() for replica in self.replicas)

    def destroy(self, round_id: UUID) -> bool:
        """Overwrite and remove the keys on every replica; True only when every replica confirms."""
        return self._destroy(round_id.hex)

    def create_carry_over(self, round_id: UUID) -> bytes:
        """A new key for the box that carries organization means from this opening to the next."""
        name = _carry_over(round_id)
        if any(_path(replica, name).exists() for replica in self.replicas):
            return self.load_carry_over(round_id)
        key = secrets.token_bytes(32)
        self._write(name, {"box": key})
        return key

    def load_carry_over(self, round_id: UUID) -> bytes:
        return self._read(_carry_over(round_id))["box"]

    def destroy_carry_over(self, round_id: UUID) -> bool:
        return self._destroy(_carry_over(round_id))

    def check(self) -> list[ReplicaFault]:
        """What is missing or damaged on one replica though another one holds it; the daily self-test."""
        names = sorted({path.stem for replica in self.replicas for path in replica.glob("*.key")})
        faults = []
        for replica in self.replicas:
            for name in names:
                path = _path(replica, name)
                if not path.exists():
                    faults.append(ReplicaFault(replica, name, "missing"))
                elif _parsed(path) is None:
                    faults.append(ReplicaFault(replica, name, "damaged"))
        return faults

    def repair(self) -> int:
        """Set up absent replicas, and copy intact files over missing or damaged ones; how many files were written."""
        repaired, lost = 0, set(self.lost())
        for replica in self.absent():
            self._make_folder(replica)
        for fault in self.check():
            if fault.name not in lost:
                self._make_folder(fault.replica)
                _write_file(_path(fault.replica, fault.name), self._read(fault.name))
                repaired += 1
        return repaired

    def lost(self) -> list[str]:
        """Keys of which no replica holds an intact copy: only a replica brought back from elsewhere helps."""
        names = {fault.name for fault in self.check()}
        return sorted(name for name in names if not any(_parsed(_path(one, name)) for one in self.replicas))

    def _write(self, name: str, held: dict[str, bytes]) -> None:
        if self.absent():
            raise KeysMissing("a replica of the keystore is not in its place: no key is made until it is")
        for replica in self.replicas:
            self._make_folder(replica)
            _write_file(_path(replica, name), held)

    def absent(self) -> list[Path]:
        """Replicas that are not in their place, though another one is: a medium was taken out, or a path is wrong."""
        found = [replica for replica in self.replicas if not (replica / MARK).exists()]
        return found if len(found) < len(self.replicas) else []

    def _make_folder(self, replica: Path) -> None:
        replica.mkdir(mode=0o700, parents=True, exist_ok=True)
        (replica / MARK).touch(mode=0o600)

    def _read(self, name: str) -> dict[str, bytes]:
        read = (_parsed(_path(replica, name)) for replica in self.replicas)
        found = next((held for held in read if held is not None), None)
        if found is None and not any(_path(replica, name).exists() for replica in self.replicas):
            raise KeysMissing(f"no replica of the keystore holds the keys {name[:8]}")
        if found is None:
            raise KeysDamaged(f"every replica of the keys {name[:8]} is damaged")
        return found

    def _destroy(self, name: str) -> bool:
        for replica in self.replicas:
            path = _path(replica, name)
            if path.exists():
                _overwrite(path)
                path.unlink()
                _sync_folder(replica)
        return all((one / MARK).exists() and not _path(one, name).exists() for one in self.replicas)


def _carry_over(round_id: UUID) -> str:
    return f"carry-{round_id.hex}"


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


@lru_cache(maxsize=512)  # asked for with each request of a respondent; says no more than the names of the files
def _path(replica: Path, name: str) -> Path:
    return replica / f"{name}.key"


def _content(path: Path) -> str:
    """The whole file, which is small; this is read for each request of a respondent."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, LARGEST).decode("ascii")
    finally:
        os.close(descriptor)


def _parsed(path: Path) -> dict[str, bytes] | None:
    """The secrets in this file, or None when a bit of it is wrong."""
    try:
        body, _, digest = _content(path).strip().partition("\n")
        if digest != _digest(path.stem + body):
            return None
        return {name: bytes.fromhex(value) for name, value in json.loads(body).items()}
    except (OSError, ValueError):
        return None


def _write_file(path: Path, held: dict[str, bytes]) -> None:
    body = json.dumps({name: value.hex() for name, value in held.items()}, sort_keys=True)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{body}\n{_digest(path.stem + body)}\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    _sync_folder(path.parent)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
