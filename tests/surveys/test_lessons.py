"""Lessons are found across partnerships, by those who may read them."""

from __future__ import annotations

from datetime import date

import pytest

from surveys import lessons
from surveys.problems import InvalidEntry, NotFound
from tests.factories import make_partnership

LEARNED = {"context": "Two dry districts", "tried": "Farmers’ groups collect the fees", "learned_on": date(2026, 3, 1)}


def test_it_works(session):
    made = make_partnership(session)
    lesson = lessons.create(session, partnership_id=made.id, title="Fees first", **LEARNED)
    assert lessons.search(session, [made.id], "farmers FEES") == [lesson]
    assert lessons.search(session, [made.id], "farmers flood") == []
    assert lessons.of_partnership(session, made.id) == [lesson]


def test_khmer_words_are_found_inside_a_sentence(session):
    made = make_partnership(session)
    lesson = lessons.create(session, partnership_id=made.id, title="ការប្រមូលថ្លៃទឹក", **LEARNED)
    assert lessons.search(session, [made.id], "ថ្លៃទឹក") == [lesson]


def test_others_read_only_what_is_meant_for_everybody(session):
    home, elsewhere = make_partnership(session), make_partnership(session)
    kept = lessons.create(session, partnership_id=home.id, title="Kept", **LEARNED)
    shared = lessons.create(session, partnership_id=home.id, title="Shared", audience="everybody", **LEARNED)
    assert lessons.search(session, [elsewhere.id], "") == [shared]
    assert lessons.get_lesson(session, shared.id, [elsewhere.id]) == shared
    with pytest.raises(NotFound):
        lessons.get_lesson(session, kept.id, [elsewhere.id])


def test_whoever_has_no_seat_finds_nothing(session):
    lessons.create(session, partnership_id=make_partnership(session).id, title="T", audience="everybody", **LEARNED)
    assert lessons.search(session, [], "") == []


@pytest.mark.parametrize(("field", "value"), [("title", " "), ("title", "x" * 201), ("tried", "x" * 50_000)])
def test_a_fault_is_named(session, field, value):
    with pytest.raises(InvalidEntry) as refused:
        lessons.create(session, partnership_id=make_partnership(session).id, **{"title": "T", **LEARNED, field: value})
    assert list(refused.value.details["faults"]) == [field]
