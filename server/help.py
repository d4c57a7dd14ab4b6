"""Which help belongs to a page, and its words in three languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from surveys.instruments import Texts

GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Topic:
    """pages: beginnings of addresses, part by part; * stands for any one part."""

    code: str
    pages: tuple[tuple[str, ...], ...]
    title: Texts
    text: Texts


@cache  # one small file, read once
def topics() -> dict[str, Topic]:
    given = tomllib.loads((Path(__file__).parent / "help.toml").read_text(encoding="utf-8"))["topics"]
    return {
        code: Topic(code, tuple(_parts(page) for page in one["pages"]), one["title"], one["text"])
        for code, one in given.items()
    }


def topic_of(path: str) -> str:
    """The topic whose page fits best: the longest beginning, and among those the one with fewer stars."""
    here = _parts(path)
    fitting = [
        (len(page), -page.count("*"), one.code) for one in topics().values() for page in one.pages if _fits(page, here)
    ]
    return max(fitting)[2] if fitting else GENERAL


def _fits(page: tuple[str, ...], here: tuple[str, ...]) -> bool:
    return len(page) <= len(here) and all(part in ("*", there) for part, there in zip(page, here, strict=False))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))
