"""Which partnerships of the programme a reader asked for: by words, sector, level, phase, or what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Query

from server.languages import translator
from server.wording import PHASES
from surveys.models import Partnership

Phase = Literal["", "idea", "pilot", "review", "scale_up", "sustained", "closed", "imported"]
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty fields choose everything."""

    words: str = ""
    sector: str = ""
    level: str = ""
    phase: str = ""
    attention: bool = False

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    def among(self, several: Iterable[Partnership]) -> list[Partnership]:
        sought = self.words.casefold().split()
        return [
            one
            for one in several
            if (not self.sector or one.sector == self.sector)
            and (not self.level or one.level == self.level)
            and (not self.phase or one.phase == self.phase)
            and all(word in _text_of(one) for word in sought)
        ]


def _text_of(one: Partnership) -> str:
    titles = (str(title) for title in (one.titles or {}).values())
    return " ".join((one.code, one.title, *titles, one.purpose, one.sector, one.goal)).casefold()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers: only what some partnership of the reader has."""

    sectors: tuple[str, ...]
    levels: tuple[str, ...]
    phases: tuple[tuple[str, str], ...]


def choices_of(several: Sequence[Partnership], language: str) -> Choices:
    held = {one.phase for one in several}
    return Choices(
        sectors=tuple(sorted({one.sector for one in several if one.sector}, key=str.casefold)),
        levels=tuple(sorted({one.level for one in several if one.level}, key=str.casefold)),
        phases=tuple((phase, phase_words(phase, language)) for phase in PHASES if phase in held),
    )


def phase_words(phase: str, language: str) -> str:
    return translator(language).gettext(PHASES[phase])


def get_filter(
    q: Text = "", sector: Text = "", level: Text = "", phase: Phase = "", attention: Literal["", "1"] = ""
) -> Filter:
    return Filter(q.strip(), sector, level, phase, attention == "1")


FilterDep = Annotated[Filter, Depends(get_filter)]
