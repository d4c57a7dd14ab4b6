"""The seed map as a whole: every row has its three tests, every register and rule its row."""

from __future__ import annotations

import math

import pytest

from server.ratios import ratios_of
from surveys import (
    shoulds,
)
from surveys.descriptions import read_catalog
from surveys.principles import read_principles
from surveys.standing import look
from tests.factories import make_partnership
from tests.surveys import test_seed_map_considerations, test_seed_map_principles
from tests.surveys.seed_map import (
    TODAY,
    active,
    broken,
    idea,
)

__all__ = ["active", "idea"]  # fixtures


def test_every_row_has_its_three_tests():
    names = set(vars(test_seed_map_principles)) | set(vars(test_seed_map_considerations))
    for row in read_principles()[0]:
        for cell in ("represented", "enforced", "measured"):
            assert any(name.startswith(f"test_{row}_{cell}") for name in names), f"{row} is not tested as {cell}"


def test_every_register_and_rule_serves_a_row():
    rows, rules = read_principles()
    described = [
        *read_catalog("registers").values(),
        *read_catalog("charter").values(),
        *read_catalog("facts").values(),
    ]
    assert {one.row for one in described} | {one.row for one in rules.values()} == set(rows)
    for one in described:
        assert set(one.title) == {"en", "km", "fr"}
        assert all(set(field.label) == {"en", "km", "fr"} for field in one.fields)
    for rule in rules.values():
        assert set(rule.texts) == {"en", "km", "fr"}
        assert len({"{names}" in text for text in rule.texts.values()}) == 1


def test_unknown_counts_give_no_ratio():
    assert ratios_of({"missions": {"joint": 2}}, {})["missions"]["value"] is None
    assert ratios_of({"documents": {"on_time": 0, "due": 0}}, {})["documents"]["reason"] == "no_data"
    assert not math.isnan(ratios_of({"missions": {"joint": 0, "total": 4}}, {})["missions"]["value"])


def test_a_must_cannot_be_reasoned_away(session, active):
    now = look(session, active, TODAY)
    with pytest.raises(Exception, match="no such recommendation"):
        shoulds.answer(session, active, now, rule="code_signed", about="", reason="We trust each other", by="amina")


def test_a_warning_is_answered_with_a_reason(session, active):
    now = look(session, active, TODAY)
    one = next(w for w in shoulds.warnings(now) if w.rule.code == "own_rules")
    given = {"rule": "own_rules", "about": one.about, "by": "Amina"}
    shoulds.answer(session, active, now, reason="New here", **given)
    shoulds.answer(session, active, now, reason="New here since May", **given)
    session.flush()
    assert shoulds.reasons(session, active.id)["own_rules", one.about].reason == "New here since May"


def test_the_cast_of_all_tests_may_open_rounds(session):
    assert broken(session, make_partnership(session)) == set()
