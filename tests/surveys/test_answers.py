"""Nothing is sealed that the questionnaire of the round does not allow, and everything that it allows is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.answers import Circumstances, check_answers, check_position
from surveys.instruments import Form, Scale, form_for, standard_instrument
from surveys.problems import InvalidAnswers

PTI = standard_instrument()
FIRST = Circumstances(round_number=1, has_external_lead=False, n_external=1)
SECOND = Circumstances(round_number=2, has_external_lead=True, n_external=2)
COMMENT = {"kind": "O1", "topic": "T", "text": "They sent the budget early.", "audience": "all"}


def personal(**given: Any) -> dict[str, Any]:
    payload = {"answers": {}, "importance": {}, "background": {}, "dyads": {}, "comments": []}
    return {**payload, "organization": "o1", "language": "km", **given}


def position(**given: Any) -> dict[str, Any]:
    payload = {"organization": "o1", "ratings": {}, "drafter": "Amina", "signer": "Dara", "single_informant": False}
    return {**payload, **given}


def refused(payload: dict[str, Any], circumstances: Circumstances = FIRST) -> set[str]:
    with pytest.raises(InvalidAnswers) as problem:
        check_answers(PTI, circumstances, payload)
    return set(problem.value.details["fields"])


def refused_position(ratings: Any, circumstances: Circumstances = FIRST, **given: Any) -> set[str]:
    with pytest.raises(InvalidAnswers) as problem:
        check_position(PTI, circumstances, position(ratings=ratings, **given), ("o1", "o2"))
    return set(problem.value.details["fields"])


def test_an_empty_ballot_is_allowed():
    check_answers(PTI, FIRST, personal())


def test_a_whole_ballot_is_allowed():
    answers = dict.fromkeys([item.code for item in PTI.items], 10) | {"V1": 0, "V2": "cannot_judge", "V3": "prefer_not"}
    payload = personal(
        answers=answers,
        importance=dict.fromkeys(PTI.composite, 7),
        background={"B1": "finance", "B2": 720},
        comments=[COMMENT, {**COMMENT, "kind": "O3", "topic": "T5", "audience": "facilitator"}],
    )
    check_answers(PTI, replace(SECOND, rhythm_months=12), payload)


@pytest.mark.parametrize("wrong", [11, -1, 3.5, 5.0, "5", "", None, True, float("nan"), [5], {"a": 1}, "maybe"])
def test_a_value_off_the_scale_is_refused(wrong):
    assert refused(personal(answers={"V1": wrong, "V2": 5})) == {"V1"}


def test_a_scale_with_fractions_allows_them():
    fractions = PTI.model_copy(update={"scales": PTI.scales | {"agreement": Scale(low=1, high=5, whole=False)}})
    check_answers(fractions, FIRST, personal(answers={"V1": 3.5}))


@pytest.mark.parametrize("code", ["X9", "D1", "O1", "v1", ""])
def test_an_unknown_code_is_refused(code):
    assert refused(personal(answers={code: 5})) == {code}


@pytest.mark.parametrize("code", ["S4b", "S6", "C1", "C2"])
def test_an_item_asked_only_elsewhere_is_refused(code):
    assert refused(personal(answers={code: 5})) == {code}
    check_answers(PTI, SECOND, personal(answers={code: 5}))


def test_importance_is_refused_in_a_round_that_does_not_ask_for_it():
    check_answers(PTI, FIRST, personal(importance={"R": 9}))
    assert refused(personal(importance={"R": 9}), SECOND) == {"R"}
    assert refused(personal(importance={"C": 9})) == {"C"}


@pytest.mark.parametrize(
    ("background", "wrong"),
    [
        ({"B1": "minister"}, "B1"),
        ({"B1": ["finance"]}, "B1"),
        ({"B2": 721}, "B2"),
        ({"B2": -1}, "B2"),
        ({"B2": "12"}, "B2"),
        ({"B2": True}, "B2"),
        ({"B3": 1}, "B3"),
    ],
)
def test_a_background_nobody_asked_for_is_refused(background, wrong):
    assert refused(personal(background=background)) == {wrong}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"text": "x" * 1001}, "O1"),
        ({"topic": "weather"}, "O1"),
        ({"topic": "C"}, "O1"),  # asked from the second round on
        ({"audience": "press"}, "O1"),
        ({"kind": "O9"}, "comments"),
        ({"text": 5}, "comments"),
        ({"author": "Amina"}, "comments"),
    ],
)
def test_an_open_answer_nobody_could_give_is_refused(change, wrong):
    assert refused(personal(comments=[{**COMMENT, **change}])) == {wrong}


def test_one_open_question_is_answered_once():
    assert refused(personal(comments=[COMMENT, COMMENT])) == {"comments"}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"answers": [5]}, "ratings"),
        ({"background": []}, "background"),
        ({"comments": {"O1": "text"}}, "comments"),
        ({"comments": ["text"]}, "comments"),
        ({"organization": None}, "organization"),
        ({"email": "amina@example.org"}, "email"),
        ({"dyads": {"o2": {"D1": 5}}}, "dyads"),
    ],
)
def test_a_payload_of_another_shape_is_refused(given, wrong):
    assert refused(personal(**given)) == {wrong}


def test_the_refusal_names_questions_and_never_answers():
    with pytest.raises(InvalidAnswers) as problem:
        check_answers(PTI, FIRST, personal(comments=[{**COMMENT, "text": "secret " * 200}], answers={"R7": 99}))
    assert "R7" in problem.value.message
    assert "99" not in problem.value.message
    assert "secret" not in f"{problem.value.message}{problem.value.details}"


def test_a_position_about_a_partner_is_allowed():
    ratings = {"D0": "lot", **{f"D{number}": number for number in range(1, 8)}, "D8": "cannot_judge"}
    check_position(PTI, FIRST, position(ratings={"o2": ratings}), ("o1", "o2"))


@pytest.mark.parametrize(
    ("ratings", "wrong"),
    [
        ({"o9": {"D1": 5}}, "o9"),
        ({"o1": {"D1": 5}}, "o1"),  # an organization does not rate itself
        ({"o2": {"D1": 11}}, "D1"),
        ({"o2": {"V1": 5}}, "V1"),
        ({"o2": {"D0": "often"}}, "D0"),
        ({"o2": {"D0": 5}}, "D0"),
        ({"o2": 5}, "o2"),
        ([], "ratings"),
    ],
)
def test_a_position_nobody_could_write_is_refused(ratings, wrong):
    assert refused_position(ratings) == {wrong}


def test_a_position_holds_nothing_else():
    assert refused_position({}, note="private") == {"note"}
    assert refused_position({}, signer=None) == {"signer"}


def test_the_short_form_refuses_what_it_leaves_out():
    short = replace(FIRST, form=Form(is_short=True, n_open=2))
    assert refused_position({"o2": {"D1": 5, "D3": 5, "D6": 5}}, short) == {"D3", "D6"}
    assert refused(personal(comments=[COMMENT]), short) == {"comments"}
    check_answers(PTI, short, personal(comments=[{**COMMENT, "kind": "O3"}]))


@pytest.mark.parametrize(
    ("n_partners", "is_short", "n_open"),
    [
        (3, False, 3),
        (6, False, 3),
        (7, True, 3),
        (9, True, 3),
        (10, True, 2),
        (11, True, 2),
        (12, True, 2),
        (40, True, 2),
    ],
)
def test_the_form_gets_shorter_with_more_partners(n_partners, is_short, n_open):
    form = form_for(n_partners)
    assert (form.is_short, form.n_open) == (is_short, n_open)


def test_the_agenda_question_is_asked_in_every_form():
    assert PTI.open_questions_in(Form())[-1].code == "O3"
    assert [question.code for question in PTI.open_questions_in(form_for(12))] == ["O2", "O3"]


@pytest.mark.parametrize("n_partners", range(3, 12))
def test_no_form_takes_longer_than_a_quarter_of_an_hour(n_partners):
    form = form_for(n_partners)
    n_ratings = (len(PTI.dyadic.items_in(form)) + 1) * (n_partners - 1)
    minutes = (10.6 * (39 + 3) + 6 * n_ratings + 45 * len(PTI.open_questions_in(form))) / 60
    assert minutes <= 15


CODES = st.sampled_from(
    ["V1", "S6", "C1", "D0", "D7", "B1", "B2", "O1", "T", "o2", "kind", "topic", "text", "audience"]
)
PLAIN = st.none() | st.booleans() | st.integers(-20, 2000) | st.floats() | st.text(max_size=5) | CODES
ANYTHING = st.recursive(PLAIN, lambda part: st.lists(part, max_size=3) | st.dictionaries(CODES, part, max_size=4))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(personal())), ANYTHING), ANYTHING)
def test_whatever_is_sent_is_allowed_or_refused_and_nothing_else(parts, ratings):
    """A crash would be a page of its own for the respondent, and an answer lost."""
    with suppress(InvalidAnswers):
        check_answers(PTI, FIRST, personal(**parts))
    with suppress(InvalidAnswers):
        check_position(PTI, FIRST, position(ratings=ratings), ("o1", "o2"))


def test_any_text_may_be_a_concern():
    concern = {**COMMENT, "kind": "concern"}
    check_answers(PTI, FIRST, personal(comments=[concern, concern, {**COMMENT, "kind": "O3"}]))
    assert refused(personal(comments=[concern] * 4)) == {"comments"}  # more texts than questions


@pytest.mark.parametrize(
    ("rhythm", "asked"), [(3, [1, 5, 9]), (4, [1, 4, 7]), (6, [1, 3, 5, 7, 9]), (12, [*range(1, 10)])]
)
def test_importance_is_asked_once_a_year(rhythm: int, asked: list[int]) -> None:
    rounds = [
        Circumstances(number, has_external_lead=False, n_external=1, rhythm_months=rhythm) for number in range(1, 10)
    ]
    assert [one.round_number for one in rounds if one.asks_importance] == asked
