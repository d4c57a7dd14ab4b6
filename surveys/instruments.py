"""Questionnaires as data: versioned, immutable once used, the same file for the server and for local analysis."""

from __future__ import annotations

import hashlib
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from surveys.problems import UnreadableInstrument

Texts = dict[str, str]  # language code -> text
NonAnswer = Literal["cannot_judge", "prefer_not"]
NON_ANSWERS: tuple[NonAnswer, ...] = ("cannot_judge", "prefer_not")
Condition = Literal["external_lead", "several_external", "from_round_2"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    younger: ClassVar[tuple[str, ...]] = ()  # fields that older versions did not have: empty, they are not written

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """An instrument stored before a field existed keeps its text, and so its digest."""
        body: dict[str, Any] = write(self)
        return {name: value for name, value in body.items() if value or name not in self.younger}


class Scale(Frozen):
    """A rating scale with labelled ends only."""

    low: float
    high: float
    whole: bool = True
    low_label: Texts = Field(default_factory=dict)
    high_label: Texts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError("the low end of a scale must lie below its high end")
        return self

    def allows(self, value: float) -> bool:
        return self.low <= value <= self.high and (not self.whole or value == int(value))


class Construct(Frozen):
    code: str
    titles: Texts
    explanations: Texts = Field(default_factory=dict)


class Headline(Frozen):
    """An index that leads every page; its score is the mean of its constructs' scores."""

    code: str
    titles: Texts
    constructs: tuple[str, ...]


class Item(Frozen):
    code: str
    construct_code: str = Field(alias="construct")  # pydantic keeps the plain name for itself
    texts: Texts
    reverse: bool = False
    facet: str = ""
    source: str = ""
    scale: str = "agreement"
    condition: Condition | None = None
    in_index: bool = True  # C1 and C2 are reported apart and never enter an index
    series: str = ""  # answers under the same name are compared over versions; empty: the wording itself decides

    younger = ("series",)


class DyadItem(Frozen):
    """A question one organization answers about another; `{partner}` stands for its name."""

    code: str
    texts: Texts
    facet: str = ""
    source: str = ""
    scale: str = "agreement"
    short_form: bool = False
    in_trust: bool = False  # enters the dyadic trust score


class Choice(Frozen):
    code: str
    texts: Texts


class Question(Frozen):
    """A question without a rating scale: background (choices) or open (no choices)."""

    code: str
    texts: Texts
    choices: tuple[Choice, ...] = ()
    kind: Literal["choice", "months", "open"] = "choice"


class Form(Frozen):
    """How much is asked, for the whole of a series."""

    is_short: bool = False  # about each partner: only the items of the short form
    n_open: int = 3  # open questions asked: the last ones of the instrument
    is_rotated: bool = False  # in the personal mode the people of an organization share the partners out


FULL_TO, THREE_OPEN_TO, ROTATED_FROM = 6, 9, 12  # partners


def form_for(n_partners: int) -> Form:
    """The longest form that this many partners can be asked in a quarter of an hour (measurement.md, length)."""
    n_open = 3 if n_partners <= THREE_OPEN_TO else 2
    return Form(is_short=n_partners > FULL_TO, n_open=n_open, is_rotated=n_partners >= ROTATED_FROM)


class DyadicPart(Frozen):
    contact: Question
    items: tuple[DyadItem, ...]
    overall: str = "D7"
    meta: str = "D8"

    def items_in(self, form: Form) -> tuple[DyadItem, ...]:
        return tuple(item for item in self.items if item.short_form or not form.is_short)


class Instrument(Frozen):
    code: str
    version: int = 1
    titles: Texts
    languages: tuple[str, ...] = ("en",)
    drafts: tuple[str, ...] = ()  # languages whose translation awaits a native reviewer
    scales: dict[str, Scale]
    constructs: tuple[Construct, ...]
    headlines: tuple[Headline, ...] = ()
    items: tuple[Item, ...]
    dyadic: DyadicPart | None = None
    importance: Texts = Field(default_factory=dict)  # "How important is ... ", asked per construct in the composite
    background: tuple[Question, ...] = ()
    open_questions: tuple[Question, ...] = ()
    composite: tuple[str, ...] = ()  # constructs of the composite index, equal weights; empty: no composite
    retired: dict[str, str] = Field(default_factory=dict)  # items of earlier versions -> the construct they were in

    younger = ("retired",)

    @model_validator(mode="after")
    def _codes_agree(self) -> Self:
        constructs = {construct.code for construct in self.constructs}
        codes = [item.code for item in self.items]
        if len(set(codes)) != len(codes):
            raise ValueError("an item code occurs twice")
        for item in self.items:
            if item.construct_code not in constructs:
                raise ValueError(f"item {item.code} names the unknown construct {item.construct_code}")
        rated_items: list[Item | DyadItem] = [*self.items, *(self.dyadic.items if self.dyadic else ())]
        for rated in rated_items:
            if rated.scale not in self.scales:
                raise ValueError(f"item {rated.code} names the unknown scale {rated.scale}")
        named = [code for headline in self.headlines for code in headline.constructs] + list(self.composite)
        if unknown := sorted(set(named) - constructs):
            raise ValueError(f"unknown constructs: {', '.join(unknown)}")
        return self

    @property  # not cached: a copy with other words would keep the digest of its original
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: two instruments with one digest ask the same."""
        canonical = json.dumps(
            self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def scale_of(self, item: Item | DyadItem) -> Scale:
        return self.scales[item.scale]

    def items_of(self, construct: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.construct_code == construct)

    def open_questions_in(self, form: Form) -> tuple[Question, ...]:
        return self.open_questions[-form.n_open :]


def text_in(texts: Texts, language: str) -> str:
    """The text in this language, else English, else the first there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def read_instrument(path: Path) -> Instrument:
    """Read an instrument file (TOML). Raises UnreadableInstrument with one clear sentence."""
    try:
        return Instrument.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise UnreadableInstrument(f"{path.name} cannot be read as an instrument: {problem}") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise UnreadableInstrument(f"{path.name}: {where + ': ' if where else ''}{what}") from problem


def standard_instrument(code: str = "pti-1") -> Instrument:
    """An instrument of the catalog that ships with Rapport, by its code."""
    with resources.as_file(resources.files("surveys.catalog") / f"{code}.toml") as path:
        if not path.exists():
            raise UnreadableInstrument(f"there is no standard instrument called {code}")
        return read_instrument(path)
