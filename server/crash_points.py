"""Named points of a job where a test may cut the power; in service nobody does."""

from __future__ import annotations

from collections.abc import Callable

Reached = Callable[[str], None]


def unnoticed(_point: str) -> None:
    """The crash points of a job that nobody interrupts."""
