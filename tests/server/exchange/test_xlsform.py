"""Questionnaires in a spreadsheet: there and back, what can be asked, and a fault with its cell for everything else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from server.exchange.xlsform_in import Read, read_xlsform
from server.exchange.xlsform_out import to_xlsform
from server.languages import translator
from server.local import instrument_named
from surveys.instruments import Instrument, read_instrument, standard_instrument
from surveys.problems import UnreadableInstrument
from tests.sample_releases import INSTRUMENT
from tests.server.exchange.forms import HEAD, LIKERT, form, simple
from tests.server.exchange.samples import TINY

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
EVERY = {
    "pti-1": standard_instrument(),
    "sample": INSTRUMENT,
    "tiny": TINY,
    "units": read_instrument(EXAMPLES / "units.toml"),
    "teams": read_instrument(EXAMPLES / "teams.toml"),
}


def read(content: bytes) -> Read:
    return read_xlsform(content, translator("en").gettext)


def made(content: bytes) -> Instrument:
    found = read(content)
    assert found.faults == ()
    assert found.instrument is not None
    return found.instrument


def faults(content: bytes) -> dict[str, str]:
    found = read(content)
    assert found.instrument is None
    assert found.faults
    said: dict[str, str] = {}
    for one in found.faults:
        said[one.where] = f"{said[one.where]} {one.sentence}" if one.where in said else one.sentence
    return said


@pytest.mark.parametrize("name", EVERY)
def test_there_and_back_is_the_same_instrument(name):
    instrument = EVERY[name]
    back = made(to_xlsform(instrument))
    assert back == instrument
    assert back.digest == instrument.digest


def test_items_in_another_order_and_later_fields_come_back():
    items = TINY.items
    mixed = (items[2], items[0].model_copy(update={"series": "kept"}), items[1])
    instrument = TINY.model_copy(update={"items": mixed, "retired": {"T9": "T"}})
    assert made(to_xlsform(instrument)) == instrument


def test_the_same_instrument_gives_the_same_bytes():
    assert to_xlsform(EVERY["pti-1"]) == to_xlsform(standard_instrument())


def test_other_tools_take_what_we_write():
    warnings = []
    converted = convert(xlsform=io.BytesIO(to_xlsform(EVERY["pti-1"])), file_type=".xlsx", warnings=warnings)
    assert "I hear about decisions" in converted.xform
    assert not warnings


def test_a_plain_form_is_an_instrument():
    instrument = made(
        form(
            [
                "type|name|label::English (en)|label::French (fr)|required",
                "begin group|T|Transparency|Transparence",
                "note|T_about|What is open.|Ce qui est ouvert.",
                "select_one agree|T1|I hear about decisions.|J’entends.|yes",
                "range|T2|How open?|À quel point ?",
                "end group",
                "begin_group|person|About you|Vous",
                "select_one role|role|Your role?|Votre rôle ?",
                "integer|months|For how many months?|Combien de mois ?",
                "end_group",
                "text|wish|One wish?|Un souhait ?",
            ],
            choices_head="list_name|name|label::English (en)|label::French (fr)",
            choices=(
                *("agree|1|no|non", "agree|2|2|2", "agree|3|3 - yes|3 - oui", "agree|dk|I do not know|Je ne sais pas"),
                *("role|boss|Boss|Chef", "role|other|Other|Autre"),
            ),
            settings=("form_title|form_id|version|default_language", "My Form|My Form!|7|English (en)"),
        )
    )
    assert (instrument.code, instrument.version, instrument.languages) == ("my-form", 7, ("en", "fr"))
    (construct,) = instrument.constructs
    assert (construct.titles["fr"], construct.explanations["en"]) == ("Transparence", "What is open.")
    assert [(one.code, one.scale) for one in instrument.items] == [("T1", "agree"), ("T2", "range_1_10")]
    scale = instrument.scales["agree"]
    assert (scale.low, scale.high, scale.low_label, scale.high_label["fr"]) == (1, 3, {"en": "no", "fr": "non"}, "oui")
    assert [(one.code, one.kind) for one in instrument.background] == [("role", "choice"), ("months", "months")]
    assert [one.code for one in instrument.open_questions] == ["wish"]


PARTED = ("start=0 end=7 step=1", "start=0;end=7;step=1", "Start = 0 , end = 7 , step = 1")


@pytest.mark.parametrize("given", PARTED)
def test_the_ends_of_a_range_are_parted_by_spaces_commas_or_semicolons(given):
    rows = ["type|name|label|parameters", "begin_group|W|Water", f"range|W1|How clean?|{given}", "end_group"]
    scale = made(form(rows)).scales["range_0_7"]
    assert (scale.low, scale.high) == (0, 7)


@pytest.mark.parametrize(("given", "where"), [("start=0,5 end=5", "survey!A3"), ("end=5 step=0,5", "survey!D3")])
def test_a_decimal_comma_in_a_range_is_refused(given, where):
    rows = ["type|name|label|parameters", "begin_group|W|Water", f"range|W1|How clean?|{given}", "end_group"]
    assert list(faults(form(rows))) == [where]


def test_partners_are_a_repeat():
    instrument = made(
        simple(
            "begin_repeat|partners|Each partner",
            "text|partner|Name",
            "select_one contact|D0|How much with ${partner}?",
            "select_one agree|D1|They keep their word.",
            "end_repeat",
            choices=(*LIKERT, "contact|none|None", "contact|lot|A lot"),
        )
    )
    assert instrument.dyadic.contact.texts == {"en": "How much with {partner}?"}
    assert [one.code for one in instrument.dyadic.items] == ["D1"]


@pytest.mark.parametrize(
    ("row", "where", "sentence"),
    [
        ("image|photo|A picture", "survey!A6", "“image” cannot be asked here"),
        ("audio|sound|A sound", "survey!A6", "“audio” cannot be asked here"),
        ("geopoint|place|Where?", "survey!A6", "“geopoint” cannot be asked here"),
        ("select_multiple agree|many|Which?", "survey!A6", "“select_multiple agree” cannot be asked here"),
        ("rank agree|order|In order?", "survey!A6", "“rank agree” cannot be asked here"),
        ("calculate|sum|", "survey!A6", "“calculate” cannot be asked here"),
        ("decimal|weight|How heavy?", "survey!A6", "“decimal” cannot be asked here"),
        ("date|day|When?", "survey!A6", "“date” cannot be asked here"),
        ("select_one_from_file x.csv|far|Which?", "survey!A6", "cannot be asked here"),
        (
            "select_one agree or_other|other|Which?",
            "survey!A6",
            "“or_other” is not possible after the name of the list.",
        ),
        ("select_one nowhere|T9|Which?", "survey!A6", "There is no list “nowhere” in the sheet choices."),
        ("selct_one agree|T9|Which?", "survey!A6", "“selct_one agree” cannot be asked here"),
        ("select_one agree|T1|Again", "survey!B6", "The name “T1” stands in survey!B3 already."),
        ("select_one agree|T 9|Spaces", "survey!B6", "A name begins with a letter"),
        ("select_one agree|ស|Khmer", "survey!B6", "A name begins with a letter"),
        ("select_one agree|T9|", "survey!C6", "The row has no label."),
        ("select_one agree|T9|Alone", "survey!B6", "“T9” stands in no group: a group is a topic"),
        ("text|O1|You said ${T1}", "survey!C6", "The text refers to “T1”"),
        ("end_group", "survey!A6", "Nothing of this kind is open here: begin and end do not match."),
        ("begin_group|X|Open", "survey!A6", "The group “X” has no end."),
        (
            "begin_repeat|household|Members",
            "survey!A6",
            "A repeat is possible only for the questions about each partner",
        ),
        ("|lost|No type", "survey!A6", "The row has no type."),
        ("text|O1|" + "x" * 1_001, "survey!C6", "The text has 1001 characters; at most 1000 can be shown."),
        ("text|O1|a\u202eb", "survey!C6", "The text holds signs that cannot be shown."),
        ("range|R|How?", "survey!B6", "“R” stands in no group"),
    ],
)
def test_what_cannot_be_asked_has_a_fault_with_its_cell(row, where, sentence):
    said = faults(simple(row))
    assert where in said
    assert sentence in said[where]


@pytest.mark.parametrize("column", ["relevant", "relevance", "calculation", "choice_filter", "repeat_count", "trigger"])
def test_conditions_are_refused_with_their_cell(column):
    said = faults(simple("text|O1|Why?|${T1} > 2", head=f"{HEAD}|{column}"))
    assert said == {"survey!D6": f"“{column}” is not possible: everybody is asked the same."}


def test_what_is_left_out_is_said():
    found = read(simple("start|start", "deviceid|device", "text|O1|Why?|Because", head=f"{HEAD}|hint"))
    assert found.instrument is not None
    assert {(one.where, one.sentence.split(" ")[0]) for one in found.notes} == {
        ("survey!A6", "“start”"),
        ("survey!A7", "“deviceid”"),
        ("survey!D8", "“hint”"),
    }


@pytest.mark.parametrize(
    ("choices", "where", "sentence"),
    [
        (("agree|a|A", "agree|b|B"), "survey!A1", "There is no statement to rate"),
        ((*LIKERT, "agree|0|again"), "choices!B8", "The choice “0” stands in the list twice."),
        ((*LIKERT, "|x|X"), "choices!A8", "A choice needs the name of its list and a name."),
        ((*LIKERT, "agree||X"), "choices!B8", "A choice needs the name of its list and a name."),
        ((*LIKERT, "other|y|"), "choices!C8", "The row has no label."),
        ((*LIKERT, "other|<b>|X"), "choices!B8", "The name of a choice holds letters, digits"),
    ],
)
def test_faults_of_choices(choices, where, sentence):
    said = faults(simple(choices=choices))
    assert sentence in said[where]


@pytest.mark.parametrize(
    ("header", "where", "sentence"),
    [
        (f"{HEAD}|relevnt", "survey!D1", "The column “relevnt” is not known; did you mean “relevant”?"),
        (f"{HEAD}|label", "survey!D1", "Two columns are called “label”."),
    ],
)
def test_faults_of_headings(header, where, sentence):
    assert faults(simple(head=header)) == {where: sentence}


def test_a_column_nobody_knows_is_noted():
    assert [one.sentence for one in read(simple(head=f"{HEAD}|my remarks")).notes] == [
        "The column “my remarks” is not known and was left out."
    ]


def test_faults_of_settings():
    said = faults(simple(settings=("form_id|rapport_composite", "x|T Z"), headlines=("code|constructs|label", "h|Q|H")))
    assert said["settings!B2"] == "The composite names “Z”, which is no group with ratings."
    assert said["headlines!B2"] == "The headline names “Q”, which is no group with ratings."


def test_ten_thousand_questions_are_too_many():
    rows = [f"select_one agree|Q{at}|{at}" for at in range(10_000)]
    assert "more than 2000 rows" in " ".join(faults(simple(*rows)).values())


def test_a_few_hundred_statements_are_too_many():
    rows = ["begin_group|Q|Many", *(f"select_one agree|Q{at}|{at}" for at in range(300)), "end_group"]
    assert "There are more than 200 statements: nobody would finish." in faults(simple(*rows)).values()


def test_groups_without_end():
    rows = [f"begin_group|g{at}|G" for at in range(1_000)]
    assert "Groups lie in each other more than 10 deep." in faults(simple(*rows)).values()


def test_code_in_titles_is_text():
    hostile = "<script>alert(1)</script>{{ 7*7 }}=cmd|".rstrip("|")
    instrument = made(simple(f"text|O1|{hostile}", settings=("form_title|form_id", f"{hostile}|../../etc")))
    assert instrument.open_questions[0].texts["en"] == hostile
    assert instrument.code == "etc"


@pytest.mark.parametrize("content", [b"", b"type,name,label\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_workbook(content):
    assert "This is no workbook" in next(iter(faults(content).values()))


def test_a_workbook_without_a_survey():
    book = openpyxl.Workbook()
    book.active.title = "Surveys"
    file = io.BytesIO()
    book.save(file)
    assert faults(file.getvalue()) == {"": "There is no sheet called “survey” (Surveys): an XLSForm begins with it."}


def test_a_small_file_with_a_mountain_inside():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    assert len(file.getvalue()) < 100_000
    assert "The workbook is too large" in next(iter(faults(file.getvalue()).values()))


def test_other_tools_have_the_last_word(monkeypatch):
    from pyxform.errors import PyXFormError

    def refuse(**_given):
        raise PyXFormError("[row : 3] On the 'survey' sheet, something is wrong.")

    monkeypatch.setattr("pyxform.xls2xform.convert", refuse)
    assert list(faults(simple())) == ["survey!A3"]


WORDS = st.sampled_from(
    [
        *(
            "begin_group",
            "end_group",
            "begin_repeat",
            "end repeat",
            "select_one agree",
            "select_one x",
            "range",
            "text",
        ),
        *("integer", "note", "calculate", "select_multiple agree", "start", "", "T", "T1", "T_about", "partners"),
        *("partner", "importance", "about_you", "${T1}", "${partner}", "label", "type", "name", "1", "a" * 50),
    ]
)
CELL = st.one_of(
    WORDS, st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="|"), max_size=12)
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=5), max_size=14),
    st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6),
    st.lists(CELL, min_size=3, max_size=5),
)
def test_whatever_is_sent_is_an_instrument_or_has_faults(rows, choices, header):
    """Either it can be asked, or every fault is a sentence; and what is an instrument comes back as itself."""
    head = HEAD.split("|") if "type" not in header else header
    survey = ["|".join(head), *("|".join(row) for row in rows)]
    found = read(form(survey, choices=["|".join(row) for row in choices] + list(LIKERT)))
    assert (found.instrument is None) == bool(found.faults)
    assert all(one.sentence for one in found.faults)
    if found.instrument is not None:
        assert made(to_xlsform(found.instrument)) == found.instrument


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 8_000), st.binary(min_size=1, max_size=20))
def test_a_damaged_file_is_refused_or_read(place, damage):
    content = bytearray(simple())
    place %= len(content)
    content[place : place + len(damage)] = damage
    found = read(bytes(content))
    assert (found.instrument is None) == bool(found.faults)


def test_the_command_line_takes_a_form(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(to_xlsform(TINY))
    assert instrument_named(str(path)) == TINY
    path.write_bytes(simple("image|photo|A picture"))
    with pytest.raises(UnreadableInstrument, match=r"form\.xlsx cannot be read as a questionnaire:\n  survey!A6: "):
        instrument_named(str(path))
