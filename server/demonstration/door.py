"""What a visitor of the demonstration opens; remembered, so that a second start says it again without loading."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Door:
    """What a visitor of the demonstration opens."""

    email: str
    password: str
    links: tuple[tuple[str, str, str], ...]  # organization, language, secret


def read_door(var: Path) -> Door | None:
    """What to open of a demonstration that was loaded before."""
    path = var / "demonstration.json"
    if not path.exists():
        return None
    body = json.loads(path.read_text(encoding="utf-8"))
    return Door(body["email"], body["password"], tuple((a, b, c) for a, b, c in body["links"]))


def write_door(var: Path, door: Door) -> None:
    path = var / "demonstration.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(door)), encoding="utf-8")
