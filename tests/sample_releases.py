"""A series of releases written out by hand, for tests of reading: three rounds, one break, one suppressed index."""

from __future__ import annotations

from datetime import date

from surveys.instruments import Construct, DyadicPart, DyadItem, Headline, Instrument, Item, Question, Scale
from surveys.releases import AgendaEntry, Cell, Comment, Evidence, Marker, Partner, Release

INSTRUMENT = Instrument(
    code="sample",
    titles={"en": "Sample questionnaire", "fr": "Questionnaire d'essai"},
    languages=("en", "km", "fr"),
    scales={"agreement": Scale(low=0, high=10)},
    constructs=(
        Construct(code="T", titles={"en": "Transparency", "km": "តម្លាភាព", "fr": "Transparence"}),
        Construct(code="R", titles={"en": "Trust", "km": "ទំនុកចិត្ត", "fr": "Confiance"}),
    ),
    headlines=(
        Headline(code="trust", titles={"en": "Trust", "km": "ទំនុកចិត្ត", "fr": "Confiance"}, constructs=("R",)),
        Headline(code="transparency", titles={"en": "Transparency", "km": "តម្លាភាព"}, constructs=("T",)),
    ),
    items=(
        Item(
            code="T1",
            construct="T",
            texts={"en": "I hear about decisions early enough.", "km": "ខ្ញុំបានឮអំពីការសម្រេចចិត្តទាន់ពេល។"},
        ),
        Item(code="T5", construct="T", reverse=True, texts={"en": "I hear about changes too late."}),
        Item(code="R1", construct="R", texts={"en": "Partners do what they said they would do."}),
    ),
    dyadic=DyadicPart(
        contact=Question(code="D0", texts={"en": "How much have you worked with {partner}?"}),
        items=(DyadItem(code="D1", texts={"en": "They do what they say."}, in_trust=True),),
    ),
    composite=("T", "R"),
)
PARTNERS = (
    Partner("o1", "Ministry of Health", "central_government", "national", "lead", {"km": "ក្រសួងសុខាភិបាល"}),
    Partner("o2", "Example Fund", "donor_country", "external", "external_lead"),
    Partner("o3", "Village Health Network", "national_ngo", "national"),
)


def _levels(trust: float, transparency: float) -> list[Cell]:
    made = []
    for target, value in (
        ("headline:trust", trust),
        ("construct:R", trust),
        ("headline:transparency", transparency),
        ("construct:T", transparency),
    ):
        made.append(
            Cell("level", target, value=value, low=value - 8, high=value + 8, n_band="16-25", question="finite")
        )
        made.append(Cell("spread", target, word="mixed"))
        for side, shift in (("national", 6), ("external", -6)):
            made.append(Cell("level", target, side, value=value + shift, low=value + shift - 9, high=value + shift + 9))
    return made


def release(number: int, closed_on: date, trust: float, transparency: float, *more: Cell, **given: object) -> Release:
    cells = (*_levels(trust, transparency), Cell("response_people", "partnership", value=83, n=18), *more)
    named = {
        "partnership": "Clean water in the provinces",
        "round_number": number,
        "round_label": f"Round {number}",
        "closed_on": closed_on,
        "instrument": "sample",
        "instrument_version": 1,
        "instrument_digest": INSTRUMENT.digest,
        "dyadic_mode": "positions",
        "disclosure_level": "B",
        "partners": PARTNERS,
        "provenance": {"digest": "ab" * 32},
    }
    return Release(**{**named, **given}, cells=cells)  # type: ignore[arg-type]  # Type ignore: sample values by name


SERIES = (
    release(1, date(2024, 6, 30), 62, 58),
    release(
        2,
        date(2024, 12, 31),
        51,
        57,
        Cell("change_last", "headline:trust", value=-11, low=-19, high=-3, question="infinite"),
        Cell("change_last", "headline:transparency", value=-1, low=-9, high=7, question="infinite"),
    ),
    release(
        3,
        date(2025, 6, 30),
        60,
        40,
        Cell("change_last", "headline:trust", value=9, low=2, high=16, question="infinite"),
        Cell("change_last", "headline:transparency", reason="broken_series"),
        Cell("change_first", "headline:trust", value=-2, low=-10, high=6, question="infinite"),
        Cell("trend", "headline:trust", word="too_few_rounds"),
        Cell("gap_sides", "headline:trust", value=12, low=3, high=21, p=0.01),
        Cell("gap_sides", "headline:transparency", value=-12, low=-22, high=-2, p=0.02),
        Cell("received", "partner:o1", value=66, low=50, high=82, audience="all"),
        agenda=(
            AgendaEntry("item:T1", 2.4, (Evidence("gap_sides", 2.4, ("gap_sides", "headline:transparency", "all")),)),
        ),
        comments=(Comment("T", "The budget came late <again>.", "O2", "all"),),
        markers=(Marker("instrument_version", date(2025, 1, 15), is_break=True),),
    ),
)
