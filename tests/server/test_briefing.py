"""The brief: what it must hold, what it must not claim, and how it is set."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pikepdf
import pypdfium2
import pytest

from server.brief_blocks import Agreement, Brief, Bullets, Drawing, OpenQuestion, Table
from server.brief_pdf import to_pdf
from server.briefing import assemble
from server.pages import environment
from server.pdf_text import Unit, _glyph_texts, _glyphs, repeats
from surveys.releases import Comment
from tests.sample_releases import INSTRUMENT, PARTNERS, SERIES

AGREED = Agreement("What would help?", "Share the calendar", "Ministry of Health", date(2025, 6, 1), "done", "Shared")


def brief(language: str = "en", **given: object) -> Brief:
    named = {"agreements": [AGREED], "notices": ["People and answers are invented."], **given}
    return assemble(SERIES, INSTRUMENT, language=language, **named)  # type: ignore[arg-type]  # Type ignore: by name


def blocks(of: Brief, kind: type) -> list:
    return [block for section in of.sections for block in section.blocks if isinstance(block, kind)]


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def as_read_aloud(pdf: bytes) -> str:
    """The text as a reader that honours ActualText says it: inside such a span its text, not its glyphs."""
    said: list[str] = []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            fonts = {
                name: _glyph_texts(font.ToUnicode.read_bytes().decode("latin-1"))
                for name, font in page.Resources.Font.items()
            }
            spans: list[bool] = []
            texts: dict[int, str] = {}
            for operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                if name == "Tf":
                    texts = fonts[str(operands[0])]
                elif name in ("BDC", "BMC"):
                    own = len(operands) > 1 and "/ActualText" in operands[1]
                    if own and not any(spans):
                        said.append(str(operands[1]["/ActualText"]))
                    spans.append(own)
                elif name == "EMC":
                    spans.pop()
                elif name in ("Tj", "TJ") and not any(spans):
                    said.extend(texts[glyph] for glyph in _glyphs(operands, name))
    return "".join(said)


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_it_works():
    made = brief()
    assert made.title == "Clean water in the provinces"
    assert "Round 3" in made.subtitle
    assert made.notices == ("People and answers are invented.",)


def test_every_headline_has_its_trend():
    assert [block.picture.title for block in blocks(brief(), Drawing)][:2] == ["Trust", "Transparency"]


def test_questions_show_both_views():
    (question,) = blocks(brief(), OpenQuestion)
    assert question.question.startswith("What would help")
    assert [who for who, _ in question.views] == ["national partners", "external partners"]
    assert question.evidence == ("external partners see this higher, by 2 to 22 points",)


def test_no_agenda_says_so():
    quiet = assemble([replace(SERIES[-1], agenda=())], INSTRUMENT, language="en")
    assert blocks(quiet, OpenQuestion) == []
    assert any(
        "Nothing in this round stands out" in block.text
        for s in quiet.sections
        for block in s.blocks
        if hasattr(block, "text")
    )


def test_at_most_five_questions():
    entry = SERIES[-1].agenda[0]
    many = assemble([replace(SERIES[-1], agenda=(entry,) * 7)], INSTRUMENT, language="en")
    assert len(blocks(many, OpenQuestion)) == 5


def test_agreements_say_what_became_of_them():
    table = next(block for block in blocks(brief(), Table) if block.caption == "Agreements")
    assert table.rows == (
        (
            "What would help?",
            "Share the calendar",
            "Ministry of Health",
            "1 June 2025",
            "done, not yet verified: Shared",
        ),
    )


def test_broken_series_claims_no_change():
    table = next(block for block in blocks(brief(), Table) if block.caption.startswith("Change of"))
    assert table.rows[1][1] == "not comparable: the questionnaire, the languages or the partners changed in between"


def test_empty_series_is_refused():
    with pytest.raises(ValueError, match="at least one release"):
        assemble([], INSTRUMENT, language="en")


def test_pdf_is_reproducible():
    assert to_pdf(brief()) == to_pdf(brief())


def test_pdf_is_tagged_and_named():
    with pikepdf.open(io.BytesIO(to_pdf(brief("fr")))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang).startswith("fr")
        assert "Clean water" in str(pdf.docinfo["/Title"])


def test_pdf_says_what_the_brief_says():
    text = words(to_pdf(brief()))
    assert "rose by 2 to 16 points" in text
    assert "The budget came late <again>." in text


@pytest.mark.parametrize(
    "name", ["\u202bمؤسسة التعاون", "Đại sứ quán Việt Nam", "N" * 300, '#import "x" $x$ *a* <b>', "=cmd|' /C'!A0"]
)
def test_hard_names_survive(name):
    partners = (replace(PARTNERS[0], name=name, names={}), *PARTNERS[1:])
    hard = assemble([replace(SERIES[-1], partnership=name, partners=partners)], INSTRUMENT, language="en")
    assert len(to_pdf(hard)) > 10_000
    page = environment("en").get_template("brief/file.html").render(brief=hard)
    assert "<b>" not in page


def test_khmer_pdf_text_can_be_copied():
    sentence = "ខ្ញុំបានឮអំពីការសម្រេចចិត្ត និងមូលហេតុទាន់ពេលវេលាដើម្បីឆ្លើយតប"
    series = [*SERIES[:-1], replace(SERIES[-1], comments=(Comment("T", sentence, "O2", "all"),))]
    text = as_read_aloud(to_pdf(assemble(series, INSTRUMENT, language="km")))
    assert squeezed(sentence) in squeezed(text)


def test_html_escapes_comments():
    page = environment("en").get_template("brief/file.html").render(brief=brief())
    assert "The budget came late &lt;again&gt;." in page


def test_html_has_every_number_as_a_table():
    page = environment("en").get_template("brief/file.html").render(brief=brief())
    assert page.count("<svg") == 2 * len(blocks(brief(), Drawing))
    assert "60 (52 to 68)" in page


def test_bullets_are_lines():
    assert all(block.lines for block in blocks(brief(), Bullets))


def test_syllable_drawn_in_parts_speaks_once():
    parts = [Unit("ទំ", (6,), 0, is_span=False), Unit("ទំ", (7,), 1, is_span=False)]
    assert repeats(parts) == [False, True]
    assert repeats(parts * 2) == [False, True, False, True]


def test_same_letter_twice_speaks_twice():
    assert repeats([Unit("ត", (5,), 0, is_span=False)] * 2) == [False, False]
    assert repeats([Unit("នា", (5,), 0, is_span=False)] * 2) == [False, False]
