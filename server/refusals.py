"""Why an act was refused, in the reader's language: rules by their sentences, others by their code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from server.languages import format_day, translator
from server.wording import N_
from surveys.instruments import text_in
from surveys.principles import Breach, Row, read_principles
from surveys.problems import RuleBroken, SurveyProblem

WORDS = {
    "signed_already": N_("This partner has signed already. Nothing was changed."),
    "left": N_("Only partners sign: this organization has left."),
    "no_name": N_("A name is needed, of at most 200 characters that can be read."),
    "address": N_("This is not an address of e-mail."),
    "no_place": N_("Please say where the signed paper is kept."),
    "paper_date": N_("The paper was signed after the text was put to signature, and not in the future."),
    "scan": N_("Nothing was entered: a scan is a PDF, PNG or JPEG file, as its name says, of at most 2 MB."),
    "missing_sections": N_("The charter is not ready to be signed: sections are still empty."),
    "changes_nothing": N_("This amendment changes nothing."),
    "needs_reason": N_("Please say why. A reason has at most 2000 characters."),
    "leads": N_("This partner leads the partnership: name another lead first."),
    "leads_already": N_("This partner leads the partnership already."),
    "joined_already": N_("This organization is a partner already. Nothing was changed."),
    "dates": N_("Nobody leaves before joining."),
    "circle": N_("A partnership cannot stand below itself."),
    "same_name": N_("This is the name it has. Nothing was changed."),
    "itself": N_("An organization does not merge into itself."),
    "not_a_date": N_("This is not a date."),
    "no_kind": N_("Please choose what kind of organization it is."),
    "too_long": N_("A text is too long. Nothing was cut or saved."),
    "rank": N_("A rank is a whole number from 1 to 999."),
    "too_many": N_("This list is full. Nothing was added."),
    "bad_reason": N_("Please give a reason of at most 2000 characters."),
}
DAY = re.compile(r"\b(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b")
FIXED = N_("This text was put to signature and does not change any more. Amend it instead.")
GENERAL = N_("This could not be done. Please look at what you entered.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One sentence, and for a rule the passage that sets it."""

    sentence: str
    cited: str = ""


def cite(breach: Breach, language: str) -> str:
    """Which passage of the founding text sets a rule."""
    return cite_row(read_principles()[0][breach.rule.row], language)


def cite_row(row: Row, language: str) -> str:
    said = translator(language).gettext("Founding text, paragraph {number}: {title}")
    return said.format(number=row.paragraph, title=text_in(row.title, language))


def sentence_of(breach: Breach, language: str) -> str:
    """The sentence of a breach, with days as the reader writes them."""
    return DAY.sub(lambda found: format_day(date.fromisoformat(found[0]), language), breach.sentence(language))


def refusals_of(problem: SurveyProblem, language: str) -> tuple[Refusal, ...]:
    if isinstance(problem, RuleBroken):
        return tuple(Refusal(sentence_of(one, language), cite(one, language)) for one in problem.details["breaches"])
    _ = translator(language).gettext
    fallback = FIXED if type(problem).__name__ == "CharterFixed" else GENERAL
    return (Refusal(_(WORDS.get(problem.details.get("why", ""), fallback))),)
