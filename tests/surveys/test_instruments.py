"""The standard questionnaire is whole in every language, and a broken instrument file says what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from surveys.instruments import Instrument, read_instrument, standard_instrument, text_in
from surveys.problems import UnreadableInstrument

SMALL = """
code = "small"
titles = { en = "Small" }
scales.agreement = { low = 1, high = 5 }
constructs = [{ code = "A", titles = { en = "A" } }]
items = [{ code = "A1", construct = "A", texts = { en = "One." } }]
"""


@pytest.fixture(scope="module")
def pti() -> Instrument:
    return standard_instrument()


def _texts(part: Any, where: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every text of an instrument, with the place where it stands."""
    if isinstance(part, dict):
        if part and set(part) <= {"en", "km", "fr"}:
            yield where, part
            return
        for name, value in part.items():
            yield from _texts(value, f"{where}.{name}")
    elif isinstance(part, list | tuple):
        for at, value in enumerate(part):
            yield from _texts(value, f"{where}[{at}]")


def test_the_index_has_39_items_in_seven_constructs(pti: Instrument) -> None:
    counted = Counter(item.construct_code for item in pti.items if item.in_index)
    assert counted == {"V": 4, "G": 4, "T": 5, "H": 7, "L": 4, "R": 7, "S": 8}
    assert pti.composite == ("V", "G", "T", "H", "L", "R", "S")


def test_four_items_are_reversed_and_two_stay_apart(pti: Instrument) -> None:
    assert [item.code for item in pti.items if item.reverse] == ["V4", "T5", "H6", "R7"]
    assert [item.code for item in pti.items if not item.in_index] == ["C1", "C2"]


def test_conditions_stand_at_the_items_that_need_them(pti: Instrument) -> None:
    conditions = {item.code: item.condition for item in pti.items if item.condition}
    assert conditions == {
        "S4b": "external_lead",
        "S6": "several_external",
        "C1": "from_round_2",
        "C2": "from_round_2",
    }


def test_headlines_are_trust_transparency_and_harmonization(pti: Instrument) -> None:
    assert {headline.code: headline.constructs for headline in pti.headlines} == {
        "trust": ("R",),
        "transparency": ("T",),
        "harmonization": ("H",),
    }


def test_the_dyadic_part_has_a_short_form(pti: Instrument) -> None:
    assert pti.dyadic is not None
    items = pti.dyadic.items
    assert [item.code for item in items] == [f"D{number}" for number in range(1, 9)]
    assert [item.code for item in items if item.short_form] == ["D1", "D2", "D5", "D7", "D8"]
    assert [item.code for item in items if item.in_trust] == ["D1", "D2", "D3", "D4", "D5"]
    assert [choice.code for choice in pti.dyadic.contact.choices] == ["none", "little", "some", "lot"]


def test_every_scale_runs_in_whole_numbers_from_0_to_10(pti: Instrument) -> None:
    for scale in pti.scales.values():
        assert (scale.low, scale.high, scale.whole) == (0, 10, True)


def test_every_text_is_there_in_every_language(pti: Instrument) -> None:
    places = list(_texts(pti.model_dump()))
    assert len(places) > 80
    for where, texts in places:
        assert set(texts) == {"en", "km", "fr"}, where
        assert all(text.strip() == text and text for text in texts.values()), where


def test_texts_are_written_in_the_script_of_their_language(pti: Instrument) -> None:
    for where, texts in _texts(pti.model_dump()):
        assert any("ក" <= sign <= "៹" for sign in texts["km"]), where
        assert not any("ក" <= sign <= "៹" for sign in texts["en"] + texts["fr"]), where
        assert not any(f" {sign}" in texts["fr"] for sign in "?;:!"), f"{where}: a no-break space is missing"


def test_the_partner_is_named_in_every_language(pti: Instrument) -> None:
    assert pti.dyadic is not None
    assert all(text.count("{partner}") == 1 for text in pti.dyadic.contact.texts.values())


def test_the_khmer_translation_is_marked_as_a_draft(pti: Instrument) -> None:
    assert pti.languages == ("en", "km", "fr")
    assert pti.drafts == ("km",)


def test_codes_are_unique_over_all_parts(pti: Instrument) -> None:
    assert pti.dyadic is not None
    parts = (pti.items, pti.dyadic.items, (pti.dyadic.contact,), pti.background, pti.open_questions, pti.constructs)
    codes = [one.code for part in parts for one in part]
    assert len(codes) == len(set(codes))


def test_the_digest_outlives_storing_and_reading(pti: Instrument) -> None:
    stored = Instrument.model_validate(pti.model_dump(mode="json", by_alias=True))
    assert stored.digest == pti.digest == Instrument.model_validate_json(pti.model_dump_json(by_alias=True)).digest


def test_the_digest_changes_with_a_word(pti: Instrument) -> None:
    first = pti.items[0].model_copy(update={"texts": {**pti.items[0].texts, "en": "Another wording."}})
    assert pti.model_copy(update={"items": (first, *pti.items[1:])}).digest != pti.digest


def test_an_instrument_file_is_read(tmp_path: Path) -> None:
    read = read_instrument(_file(tmp_path, SMALL))
    assert read.items[0].construct_code == "A"
    assert not read.scale_of(read.items[0]).allows(0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('construct = "A"', 'construct = "B"', "item A1 names the unknown construct B"),
        ('construct = "A",', 'construct = "A", scale = "x",', "item A1 names the unknown scale x"),
        ("low = 1, high = 5", "low = 5, high = 5", "low end"),
        ("]\nitems", ']\ncomposite = ["A", "Z"]\nitems', "unknown constructs: Z"),
        ('{ en = "One." } }]', '{ en = "One." } }, { code = "A1", construct = "A", texts = {} }]', "occurs twice"),
        ('code = "small"', 'code = "small"\ncolour = "red"', "colour"),
        ('code = "small"', 'code = "small', "cannot be read"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(UnreadableInstrument) as refused:
        read_instrument(_file(tmp_path, SMALL.replace(old, new, 1)))
    assert message in refused.value.message
    assert refused.value.message.startswith("small.toml")
    assert "\n" not in refused.value.message


def test_an_unknown_standard_instrument_is_refused() -> None:
    with pytest.raises(UnreadableInstrument, match="no standard instrument called pti-99"):
        standard_instrument("pti-99")


def test_a_missing_translation_falls_back_to_english_then_to_any() -> None:
    assert text_in({"en": "one", "fr": "un"}, "km") == "one"
    assert text_in({"fr": "un"}, "km") == "un"
    assert text_in({}, "km") == ""


def _file(folder: Path, content: str) -> Path:
    path = folder / "small.toml"
    path.write_text(content, encoding="utf-8")
    return path
