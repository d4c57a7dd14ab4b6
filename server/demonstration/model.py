"""The stated model behind the demonstration's answers.

A person's answer to an item, in points: level of the partnership + truth of the round and side + organization N(0, 7)
+ person N(0, 9) + construct within person N(0, 6) + item N(0, 10), rounded to the scale of 0 to 10 and cut at its ends.
Organizations and people stay the same over the rounds: a panel, as in life. About 3 % cannot judge an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from server.demonstration.programme import OPEN_ANSWERS, Truth
from surveys.instruments import Instrument

ORGANIZATION, PERSON, CONSTRUCT, ITEM = 7.0, 9.0, 6.0, 10.0
NON_ANSWER = 0.03
COMMENTS = 0.25  # share of the people who write something


class Panel:
    """The organizations and people of one partnership, with what stays the same about them."""

    def __init__(self, truth: Truth, instrument: Instrument, n_people: int, seed: int) -> None:
        self.truth, self.rng = truth, np.random.default_rng(seed)
        n = len(truth.members)
        self.organization = self.rng.normal(0.0, ORGANIZATION, n)
        self.person = self.rng.normal(0.0, PERSON, n_people)
        self.relation = self.rng.normal(0.0, 8.0, (n, n))
        self.rated = self.rng.normal(0.0, 7.0, n)
        self.months = self.rng.integers(2, 60, n_people)
        self.unsaid: list[tuple[str, str, str]] = []
        self.offsets = dict(zip((c.code for c in instrument.constructs), self.rng.normal(0, 3, 20), strict=False))

    def person_payload(
        self, instrument: Instrument, number: int, organization: int, person: int, national: bool, shown: set[str]
    ) -> dict[str, Any]:
        """What one person hands in, without organization and language. shown: codes of the items asked."""
        base = self.truth.level + self.organization[organization] + self.person[person]
        answers: dict[str, Any] = {}
        for construct in instrument.constructs:
            level = base + self.rng.normal(0.0, CONSTRUCT) + self._truth_of(construct.code, number, national)
            for item in instrument.items_of(construct.code):
                if item.code in shown:
                    answers[item.code] = self._answer(level, item.reverse)
        importance = {code: int(np.clip(round(self.rng.normal(8.6, 1.0)), 0, 10)) for code in instrument.composite}
        background = {"B1": ("decision", "working", "finance")[person % 3], "B2": int(self.months[person] + 6 * number)}
        return {"answers": answers, "importance": importance, "background": background, "comments": self._comments()}

    def position_payload(self, instrument: Instrument, number: int, rater: int, ids: list[str]) -> dict[str, Any]:
        """What one organization signs about each other one."""
        part = instrument.dyadic
        ratings: dict[str, Mapping[str, Any]] = {}
        trend = self._truth_of("R", number, national=True)
        for rated, name in enumerate(ids):
            if rated == rater or part is None:
                continue
            level = self.truth.level + 4 + self.organization[rater] + self.rated[rated] + self.relation[rater, rated]
            given: dict[str, Any] = {item.code: self._answer(level + trend, reverse=False) for item in part.items}
            contacts = [choice.code for choice in part.contact.choices]
            given[part.contact.code] = contacts[1 + int(self.rng.integers(0, len(contacts) - 1))]
            ratings[name] = given
        return {"ratings": ratings, "drafter": "", "signer": "", "single_informant": False}

    def _truth_of(self, construct: str, number: int, national: bool) -> float:
        shifts = self.truth.shifts.get(construct)
        shift = shifts[min(number, len(shifts)) - 1] if shifts else 0.0
        gap = self.truth.side_gaps.get(construct, 0.0)
        return float(shift + self.offsets.get(construct, 0.0) + (gap / 2 if national else -gap / 2))

    def _answer(self, level: float, reverse: bool) -> int | str:
        if self.rng.random() < NON_ANSWER:
            return "cannot_judge" if self.rng.random() < 0.7 else "prefer_not"
        points = level + self.rng.normal(0.0, ITEM)
        return int(np.clip(round((100.0 - points if reverse else points) / 10.0), 0, 10))

    def begin_round(self) -> None:
        """Shuffle what may be written, so that nobody in a round writes the same."""
        self.unsaid = [OPEN_ANSWERS[at] for at in self.rng.permutation(len(OPEN_ANSWERS))]

    def _comments(self) -> list[dict[str, str]]:
        if self.rng.random() > COMMENTS or not self.unsaid:
            return []
        kind, topic, text = self.unsaid.pop()
        audience = "facilitator" if self.rng.random() < 0.3 else "all"
        return [{"kind": kind, "topic": topic, "text": text, "audience": audience}]
