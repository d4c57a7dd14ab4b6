"""Forms read field by field: what was typed, and a sentence beside every field that cannot be saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from surveys.texts import LONGEST, LONGEST_LINE

Gettext = Callable[[str], str]
LAST_YEAR = 2200


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields as they were typed; `faults` name those that cannot be saved."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


class Fields:
    """One form while it is read; every reading notes what is wrong and goes on."""

    def __init__(self, form: Mapping[str, Any], _: Gettext) -> None:
        self._form, self._ = form, _
        self.values: dict[str, str] = {}
        self.faults: dict[str, str] = {}

    @property
    def typed(self) -> Typed:
        return Typed(self.values, self.faults)

    def text(self, name: str, *, required: bool = False, limit: int = LONGEST) -> str:
        text = str(self._form.get(name, "")).replace("\r\n", "\n").strip()
        self.values[name] = text
        if required and not text:
            self.faults[name] = self._("Please write something here.")
        elif len(text) > limit:
            said = self._("This text has {count} characters; {limit} fit. Nothing was cut or saved.")
            self.faults[name] = said.format(count=len(text), limit=limit)
        return text

    def line(self, name: str, *, required: bool = False) -> str:
        text = self.text(name, required=required, limit=LONGEST_LINE)
        if text and not text.isprintable() and name not in self.faults:
            self.faults[name] = self._("This holds signs that cannot be shown.")
        return text

    def choice(self, name: str, allowed: Collection[str], *, required: bool = True) -> str:
        """One of these; a choice nobody offered is not typed again."""
        chosen = str(self._form.get(name, ""))
        if chosen and chosen not in allowed:
            chosen, self.faults[name] = "", self._("Please choose one of those offered.")
        elif required and not chosen:
            self.faults[name] = self._("Please choose one.")
        self.values[name] = chosen
        return chosen

    def organization(self, name: str, allowed: Collection[str], *, required: bool = True) -> UUID | None:
        chosen = self.choice(name, allowed, required=required)
        return UUID(chosen) if chosen else None

    def day(
        self, name: str, *, required: bool = False, earliest: date | None = None, latest: date | None = None
    ) -> date | None:
        raw = str(self._form.get(name, "")).strip()
        self.values[name] = raw[:40]
        if not raw:
            if required:
                self.faults[name] = self._("Please give a date.")
            return None
        try:
            found = date.fromisoformat(raw)
        except ValueError:
            found = date(LAST_YEAR, 1, 1)
        if found.year >= LAST_YEAR:
            self.faults[name] = self._("This is not a date.")
        elif earliest is not None and found < earliest:
            self.faults[name] = self._("This date lies in the past.")
        elif latest is not None and found > latest:
            self.faults[name] = self._("This date lies in the future.")
        return found

    def moment(self, name: str, zone: str, *, earliest: datetime) -> datetime | None:
        """A day and an hour on the partnership's clocks."""
        raw = str(self._form.get(name, "")).strip()
        self.values[name] = raw[:40]
        try:
            typed = datetime.fromisoformat(raw)
        except ValueError:
            typed = datetime(LAST_YEAR, 1, 1)  # noqa: DTZ001 - what is typed has no zone yet
        if typed.tzinfo is not None or not 2000 <= typed.year < LAST_YEAR:
            self.faults[name] = self._("Please give a day and an hour.")
            return None
        found = typed.replace(tzinfo=ZoneInfo(zone))
        if found <= earliest:
            self.faults[name] = self._("This date lies in the past.")
        return found

    def number(self, name: str, *, low: int, high: int) -> int:
        raw = str(self._form.get(name, "")).strip()
        self.values[name] = raw[:12]
        if not (raw.isdecimal() and len(raw) <= 6 and low <= int(raw) <= high):
            self.faults[name] = self._("Please give a number from {low} to {high}.").format(low=low, high=high)
            return low
        return int(raw)


def seen_version(form: Mapping[str, Any]) -> int:
    """Which version of a row the writer had before him; nonsense is a version that never was."""
    raw = str(form.get("version", ""))
    return int(raw) if raw.isdecimal() and len(raw) < 9 else -1
