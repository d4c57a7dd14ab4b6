"""The answers of other partnerships to the same questionnaire, for what one partnership alone is too small to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, func, select

from analysis.estimates import FloatArray
from server.estimation_quality import Programme
from server.measurement import RoundAnswers
from surveys.instruments import Instrument, Item
from surveys.models import Response, Round


def programme_of(session: Session, round_: Round, given: RoundAnswers) -> Programme:
    """Answers by construct over the partnerships of this instrument version, the latest round of each."""
    instrument, rows = given.instrument, _latest_answers(session, round_)
    tables: dict[str, tuple[FloatArray, Any]] = {}
    for construct in instrument.constructs:
        items = [item for item in instrument.items_of(construct.code) if item.in_index]
        columns = given.columns(items)
        if len(columns) < 2:
            continue
        asked = [instrument.items[at] for at in columns]
        others = [
            (group, [_points(instrument, item, answers.get(item.code)) for item in asked])
            for group, code, answers in rows
            if code == construct.code
        ]
        own = given.points[:, columns]
        table = np.vstack([own, np.array([one for _, one in others], dtype=np.float64).reshape(-1, len(asked))])
        codes = {group: at + 1 for at, group in enumerate(dict.fromkeys(group for group, _, _ in rows))}
        group = np.array([0] * len(own) + [codes[group] for group, _ in others], dtype=np.int64)
        tables[construct.code] = (table, group)
    return Programme(tables)


def _latest_answers(session: Session, round_: Round) -> Sequence[tuple[UUID, str, Mapping[str, Any]]]:
    """Partnership, construct and answers of one person each, in the latest round of every other partnership."""
    latest = (
        select(Round.partnership_id, func.max(Round.number).label("number"))
        .where(
            Round.instrument_version_id == round_.instrument_version_id,
            Round.partnership_id != round_.partnership_id,
            Round.state == "released",
        )
        .group_by(col(Round.partnership_id))
        .subquery()
    )
    query = (
        select(Round.partnership_id, Response.construct_code, Response.answers)
        .join(Response, col(Response.round_id) == col(Round.id))
        .join(latest, (latest.c.partnership_id == Round.partnership_id) & (latest.c.number == Round.number))
        .order_by(col(Response.id))
    )
    return session.exec(query).all()


def _points(instrument: Instrument, item: Item, answer: Any) -> float:
    if answer is None or isinstance(answer, str):
        return float("nan")
    scale = instrument.scale_of(item)
    share = (float(answer) - scale.low) / (scale.high - scale.low) * 100.0
    return 100.0 - share if item.reverse else share
