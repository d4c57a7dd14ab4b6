"""The founding text as rows and rules: what it asks, which paragraph says so, and how a breach is told."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field

from surveys.instruments import Frozen, Texts, text_in
from surveys.models import Organization
from surveys.problems import RuleBroken


class Row(Frozen):
    """A principle (P) or a strategic consideration (S), or the objective of the first paragraph."""

    code: str
    paragraph: int
    title: Texts
    asks: Texts
    items: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Rule(Frozen):
    """Something the founding text demands (must) or recommends (should); `{names}` stands for what breaks it."""

    code: str
    row: str
    strength: Literal["must", "should"]
    binds: tuple[str, ...] = Field(default_factory=tuple)
    texts: Texts


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that does not hold. about: a stable key of what breaks it, under which a reason is kept."""

    rule: Rule
    about: str = ""
    names: tuple[str | Texts, ...] = ()  # words people wrote, or words of the catalog by language
    organizations: tuple[Organization, ...] = ()

    def sentence(self, language: str) -> str:
        named = [name_in(one, language) for one in self.organizations]
        named += [one if isinstance(one, str) else text_in(one, language) for one in self.names]
        return self.rule.texts[language].format(names=", ".join(named))


def name_in(organization: Organization, language: str) -> str:
    return str(organization.names.get(language) or organization.name)


@cache
def read_principles() -> tuple[dict[str, Row], dict[str, Rule]]:
    text = (resources.files("surveys.catalog") / "principles.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)
    rows = {one["code"]: Row.model_validate(one) for one in given["rows"]}
    return rows, {one["code"]: Rule.model_validate(one) for one in given["rules"]}


def breach(
    code: str, *, about: str = "", names: Sequence[str | Texts] = (), organizations: Sequence[Organization] = ()
) -> Breach:
    return Breach(read_principles()[1][code], about, tuple(names), tuple(organizations))


def refuse(breaches: Sequence[Breach]) -> None:
    """Raises RuleBroken with a sentence for every breach, each with its row and paragraph."""
    if not breaches:
        return
    rows = read_principles()[0]
    said = [f"{one.sentence('en')} ({_cited(rows[one.rule.row])})" for one in breaches]
    raise RuleBroken(" ".join(said), breaches=tuple(breaches))


def _cited(row: Row) -> str:
    return f"{row.code}: {row.title['en']}, paragraph {row.paragraph} of the founding text"
