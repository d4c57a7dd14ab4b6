"""Every failure of the domain, one class per failure that somebody handles differently."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

Kind = Literal["missing", "conflict", "gone", "invalid", "forbidden"]


class SurveyProblem(Exception):
    """A failure of the domain; the class names the fact, details carry values, never answers."""

    kind: ClassVar[Kind] = "conflict"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class UnreadableInstrument(SurveyProblem):
    """An instrument file is not one."""

    kind = "invalid"
