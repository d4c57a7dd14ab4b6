"""The names of quantities and of what they are about, as the tables of a release say them."""

from __future__ import annotations

from collections.abc import Callable

from server.pages import LANGUAGE_NAMES
from server.releasing import RATIOS, SIGNED
from server.wording import N_, Wording, signed
from surveys.releases import Cell

FILLED = "_gaps"  # ends the names of quantities of the programme that were computed with few gaps filled
RESPONSE = {
    "response_people": N_("People who answered"),
    "response_organizations": N_("Organizations that answered"),
    "overlap_organizations": N_("Organizations also in the round before"),
    "turnover_people": N_("Organizations whose people changed"),
    "language_share": N_("Language of the answers"),
    "assisted_answers": N_("Assisted answers, typed in from paper"),
}
OTHERS = {
    "agreement_ad": N_("Average distance of the answers from their mean"),
    "agreement_rwg": N_("Agreement within the partnership (rwg)"),
    "prefer_not": N_("Preferred not to answer (%)"),
    "importance": N_("Importance"),
    "gap_importance": N_("Importance above performance"),
    "slope_year": N_("Change per year"),
    "step_event": N_("After the latest agreement minus before"),
    "composite_arithmetic": N_("Composite, arithmetic mean"),
    "composite_geometric": N_("Composite, geometric mean"),
    "composite_lowest": N_("Composite, lowest construct"),
    "composite_monte_carlo": N_("Composite over many choices of weights and method"),
    "composite_change": N_("Change of the composite over the same choices"),
    "sensitivity_first": N_("Share of that uncertainty, by itself"),
    "sensitivity_total": N_("Share of that uncertainty, with interactions"),
    "alpha": N_("Reliability (alpha)"),
    "omega": N_("Reliability (omega)"),
    "correlation": N_("Correlation"),
    "reciprocity": N_("Reciprocity"),
    "density": N_("Share of pairs that work together"),
    "srm_rater": N_("Tendency to rate others higher or lower"),
    "srm_rated": N_("Tendency to be rated higher or lower"),
    "srm_variance": N_("Variance"),
    "srm_share": N_("Share of the differences"),
    "srm_reliability": N_("Reliability of these tendencies"),
    "srm_reciprocity": N_("Reciprocity (Social Relations Model)"),
    "srm_meta": N_("Trust and what is believed of it"),
    "topic_raised": N_("Raised in the open answers"),
}
TRUST = {
    "received": N_("Trust received"),
    "given": N_("Trust given"),
    "asymmetry": N_("Received minus given"),
    "meta_gap": N_("Thought to be received minus received"),
    "self_enhancement": N_("Own view minus view of others"),
}
PARTS = {
    "rater": N_("tendency of those who rate"),
    "rated": N_("tendency of those who are rated"),
    "relationship": N_("what is special to a pair, with chance"),
    "rater_rated_covariance": N_("whether those who rate high are rated high"),
    "relationship_covariance": N_("whether pairs return what they receive"),
    "generalized": N_("whether those who rate high are rated high"),
    "dyadic": N_("whether pairs return what they receive"),
    "assumed_reciprocity_of_raters": N_("whether those who trust more believe they are trusted more"),
    "generalized_assumed_reciprocity": N_("whether those who are trusted more are believed to trust more"),
    "meta_accuracy_of_raters": N_("whether those who trust more are also believed to"),
    "generalized_meta_accuracy": N_("whether those who are trusted more know it"),
    "dyadic_assumed_reciprocity": N_("whether partners believe of a pair that trust is returned"),
    "dyadic_meta_accuracy": N_("whether partners know who in particular trusts them"),
    "weights": N_("weights of the constructs"),
    "aggregation": N_("kind of mean"),
    "voices": N_("one voice per organization or per person"),
    "missing_rule": N_("treatment of missing answers"),
    "dropped_block": N_("a construct left out"),
    "reversed_items": N_("turned statements left out"),
    "organizations": N_("which organizations answered"),
}


def label(estimate: str, wording: Wording) -> str:
    """The name of a quantity of the technical part."""
    plain = estimate.removesuffix(FILLED)
    name = wording._({**OTHERS, **TRUST}[plain])
    return name if plain == estimate else wording._("{quantity}, with few gaps filled").format(quantity=name)


def is_technical(cell: Cell) -> bool:
    """Whether it stands in no table of its own."""
    return cell.estimate.removesuffix(FILLED) in OTHERS or (cell.estimate in TRUST and cell.target == "partnership")


def number(cell: Cell | None, wording: Wording) -> str:
    """Value with interval: points, differences with their sign, ratios with two digits."""
    if cell is None or cell.value is None:
        return wording.level(cell)
    plain = cell.estimate.removesuffix(FILLED)
    if plain in RATIOS:
        return _with_interval(cell, "{:.2f}".format, wording)
    if plain in SIGNED and cell.target != "partnership":  # there it is a mean of absolute differences
        return _with_interval(cell, lambda value: signed(round(value)), wording)
    return wording.level(cell)


def _with_interval(cell: Cell, say: Callable[[float], str], wording: Wording) -> str:
    assert cell.value is not None  # seen to by the caller
    if cell.low is None or cell.high is None:
        return say(cell.value)
    return wording._("{value} ({low} to {high})").format(value=say(cell.value), low=say(cell.low), high=say(cell.high))


def about(target: str, wording: Wording) -> str:
    """The name of what a quantity is about, also where it is a pair of constructs, a language or a factor."""
    kind, _, code = target.partition(":")
    if "~" in target:
        return " – ".join(about(part, wording) for part in target.split("~"))
    if kind == "language":
        return LANGUAGE_NAMES.get(code, code)
    if kind == "topic":
        return wording.target(f"construct:{code}")
    if kind == "side":
        return " → ".join(wording.population(side) for side in code.split(">"))
    if kind in ("factor", "component"):
        return wording._(PARTS[code]) if code in PARTS else code
    return code if kind == "facet" else wording.target(target)


def people(cell: Cell | None) -> str:
    return "" if cell is None else cell.n_band or ("" if cell.n is None else str(cell.n))
