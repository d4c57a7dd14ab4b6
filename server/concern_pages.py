"""Concerns as pages show them: which principles there are, who may read one, what may be cited."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from server.cited import Cited, cited
from server.fields import Fields
from server.languages import format_day
from server.pages import Words
from server.places import Place
from server.reading import findings, headline_targets
from server.sheets import name_of
from server.wording import N_
from surveys import charter, concerns
from surveys.concerns import Cited as Citation
from surveys.instruments import text_in
from surveys.models import Concern
from surveys.problems import NotFound

PRINCIPLES = {
    "P1": N_("P1 Common vision and shared objectives"),
    "P2": N_("P2 Roles, shared accountability, rules of decision, transparency"),
    "P3": N_("P3 Harmonization and simplification"),
    "P4": N_("P4 Caution, flexibility, learning"),
    "P5": N_("P5 Reliability: partners do what they said and mean what they say"),
    "S1": N_("S1 Ownership, commitment and shared resources"),
    "S2": N_("S2 A form that suits the purpose"),
    "S3": N_("S3 Step by step, with pilots"),
    "S4": N_("S4 A national lead; advisers help and connect"),
    "S5": N_("S5 National capacity to coordinate"),
    "S6": N_("S6 External partners coordinate among themselves"),
    "S7": N_("S7 Demands on public servants that are realistic"),
    "clause": N_("A clause of our code of conduct"),
}


@dataclass(frozen=True, slots=True)
class ConcernLine:
    address: str
    organization: Words
    principle: str
    state: str
    day: str
    is_late: bool


def state_words(place: Place) -> dict[str, str]:
    _ = place._
    return {
        "raised": _("raised, not yet acknowledged"),
        "acknowledged": _("acknowledged"),
        "answered": _("answered"),
        "taken_up": _("taken up as a dispute"),
        "withdrawn": _("withdrawn"),
    }


def may_read(place: Place, one: Concern) -> bool:
    """The partner that raised it, and whoever runs the partnership; to all others it does not exist."""
    return place.may_run or place.organization_id == one.organization_id


def get(place: Place, concern_id: UUID, *, to_change: bool = False) -> Concern:
    one = concerns.get(place.session, concern_id, place.partnership.id, to_change=to_change)
    if not may_read(place, one):
        raise NotFound("there is no such concern")
    return one


def concern_lines(place: Place) -> tuple[ConcernLine, ...]:
    found = [one for one in concerns.of_partnership(place.session, place.partnership.id) if may_read(place, one)]
    names = place.organizations() if found else {}
    return tuple(
        ConcernLine(
            f"{place.address}/concerns/{one.id}",
            name_of(names[one.organization_id], place.language),
            principle_words(place, one),
            state_words(place)[one.state],
            format_day(one.raised_at.date(), place.language),
            concerns.is_late(one, place.today),
        )
        for one in found
    )


def principle_words(place: Place, one: Concern) -> str:
    if one.principle != "clause":
        return place._(PRINCIPLES[one.principle])
    known = dict(clause_choices(place))
    return known.get(one.clause, one.clause)


def principle_choices(place: Place) -> tuple[tuple[str, str], ...]:
    return tuple((code, place._(words)) for code, words in PRINCIPLES.items())


def clause_choices(place: Place) -> tuple[tuple[str, str], ...]:
    """The clauses of the code of conduct in force, in the reader's language."""
    found = charter.clauses(place.session, place.partnership.id)
    return tuple((one.code, text_in(dict(one.texts), place.language)) for one in found)


# Citing a finding -----------------------------------------------------------------------------------------------------


def citable(place: Place) -> tuple[tuple[str, str], ...]:
    """What a concern or dispute may cite: the findings and the headlines of the last release."""
    if not place.dossier.series:
        return ()
    last, wording = place.dossier.series[-1], place.dossier.wording
    targets = dict.fromkeys([*(one.target for one in findings(last, wording)), *headline_targets(wording)])
    label = wording.label(last.round_label)
    return tuple((f"{last.round_number}|{target}", wording.about(label, wording.target(target))) for target in targets)


def read_citation(fields: Fields, place: Place) -> Citation | None:
    chosen = fields.choice("cites", {code for code, _ in citable(place)}, required=False)
    if not chosen:
        return None
    number, _, target = chosen.partition("|")
    return concerns.cite(place.session, place.partnership.id, int(number), target)


def citation(place: Place, round_id: UUID | None, digest: str, revision: int | None, target: str) -> Cited | None:
    """The finding as it was seen when it was cited."""
    if round_id is None or revision is None:
        return None
    return cited(place.session, place.dossier, round_id, digest, revision, target)
