"""What a box held, as arrays: the payloads of people and of organizations, and the scales they were answered on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from analysis.estimates import BoolArray, FloatArray
from server.measurement import Dyads, RoundAnswers
from surveys.instruments import NON_ANSWERS, Instrument
from surveys.releases import Partner


def answers_of_round(
    instrument: Instrument,
    number: int,
    closed_on: date,
    partners: Sequence[Partner],
    invited: Mapping[str, int] | None,
    personal: Sequence[Mapping[str, Any]],
    positions: Sequence[Mapping[str, Any]] = (),
    *,
    months_since_last: float | None = None,
) -> RoundAnswers:
    """Arrays of the payloads of one round. An answer to an unknown code or of an unknown organization is an error.

    personal: payloads of people; positions: payloads of organizations. months_since_last: between this round and the
    one before, for counting who is new in the role.
    """
    place = {one.id: at for at, one in enumerate(partners)}
    answers, cannot_judge, prefer_not = _answer_tables(instrument, personal)
    return RoundAnswers(
        instrument=instrument,
        number=number,
        closed_on=closed_on,
        organizations=tuple(partners),
        invited=None if invited is None else np.array([invited.get(one.id, 0) for one in partners], dtype=np.int64),
        organization=np.array([place[one["organization"]] for one in personal], dtype=np.int64),
        answers=answers,
        cannot_judge=cannot_judge,
        prefer_not=prefer_not,
        importance=_importance_table(instrument, personal),
        languages=tuple(one.get("language", "") for one in personal),
        is_new=_new_people(personal, months_since_last),
        topics=tuple(
            (place[one["organization"]], comment["topic"])
            for one in personal
            for comment in one.get("comments", ())
            if comment.get("topic")
        ),
        dyads=_dyads(instrument, partners, positions) if positions else None,
        received=_received(instrument, place, personal),
        assisted=None if invited is None else np.array([bool(one.get("assisted")) for one in personal], dtype=bool),
    )


def _answer_tables(
    instrument: Instrument, personal: Sequence[Mapping[str, Any]]
) -> tuple[FloatArray, BoolArray, BoolArray]:
    place = {item.code: at for at, item in enumerate(instrument.items)}
    shape = (len(personal), len(place))
    answers, cannot_judge, prefer_not = np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, bool)
    flags = dict(zip(NON_ANSWERS, (cannot_judge, prefer_not), strict=True))
    for row, payload in enumerate(personal):
        for code, answer in payload.get("answers", {}).items():
            if isinstance(answer, str):
                flags[answer][row, place[code]] = True  # type: ignore[index]  # Type ignore: the box holds known words
            else:
                answers[row, place[code]] = answer
    return answers, cannot_judge, prefer_not


def _importance_table(instrument: Instrument, personal: Sequence[Mapping[str, Any]]) -> FloatArray:
    place = {construct.code: at for at, construct in enumerate(instrument.constructs)}
    table = np.full((len(personal), len(place)), np.nan)
    for row, payload in enumerate(personal):
        for code, answer in payload.get("importance", {}).items():
            if not isinstance(answer, str):
                table[row, place[code]] = answer
    return table


def _new_people(personal: Sequence[Mapping[str, Any]], months: float | None) -> BoolArray | None:
    stated = [one.get("background", {}) for one in personal]
    known = [next((v for v in said.values() if isinstance(v, int | float)), None) for said in stated]
    if months is None or not any(value is not None for value in known):
        return None
    return np.array([value is not None and value < months for value in known])


def _dyads(instrument: Instrument, partners: Sequence[Partner], positions: Sequence[Mapping[str, Any]]) -> Dyads | None:
    part = instrument.dyadic
    if part is None:
        return None
    n, place = len(partners), {one.id: at for at, one in enumerate(partners)}
    ratings = {item.code: np.full((n, n), np.nan) for item in part.items}
    scales = {item.code: instrument.scale_of(item) for item in part.items}
    contact, single = np.full((n, n), np.nan), np.zeros(n, bool)
    ranks = {choice.code: rank for rank, choice in enumerate(part.contact.choices)}
    for position in positions:
        rater = place[position["organization"]]
        single[rater] = bool(position.get("single_informant", False))
        for rated_id, given in position["ratings"].items():
            rated = place.get(rated_id)
            if rated is None:
                continue  # a partner that left after the position was drafted
            for code, answer in given.items():
                if code == part.contact.code:
                    contact[rater, rated] = ranks.get(answer, np.nan)
                elif not isinstance(answer, str):
                    scale = scales[code]
                    ratings[code][rater, rated] = (answer - scale.low) / (scale.high - scale.low) * 100.0
    return Dyads(ratings, contact, single)


def _received(
    instrument: Instrument, place: Mapping[str, int], personal: Sequence[Mapping[str, Any]]
) -> FloatArray | None:
    """Mean of the trust items that were answered, by person and partner."""
    part = instrument.dyadic
    if part is None or not any(one.get("dyads") for one in personal):
        return None
    scales = {item.code: instrument.scale_of(item) for item in part.items if item.in_trust}
    found = np.full((len(personal), len(place)), np.nan)
    for row, payload in enumerate(personal):
        for partner, answers in payload.get("dyads", {}).items():
            points = [
                (answer - scales[code].low) / (scales[code].high - scales[code].low) * 100.0
                for code, answer in answers.items()
                if code in scales and not isinstance(answer, str)
            ]
            if points and partner in place:
                found[row, place[partner]] = sum(points) / len(points)
    return found
