"""Pulses: three statements between two rounds, answered in a minute. Never part of the trend, and opened by one key."""

from __future__ import annotations

from surveys.instruments import Instrument

ITEMS = ("R1", "T1", "R5")  # promises kept, decisions heard of in time, problems raised early
SUFFIX = "-pulse"
NAMES = {"en": "Pulse", "fr": "Pouls", "km": "ជីពចរ"}


def pulse_of(instrument: Instrument) -> Instrument:
    """The three statements of a questionnaire as one of its own; without those three, one of each of three topics."""
    codes = {item.code for item in instrument.items}
    wanted = ITEMS if codes.issuperset(ITEMS) else _first_of_three(instrument)
    items = tuple(item for code in wanted for item in instrument.items if item.code == code)
    topics = {item.construct_code for item in items}
    return Instrument(
        code=instrument.code + SUFFIX,
        version=instrument.version,
        titles={code: f"{NAMES.get(code, NAMES['en'])}: {title}" for code, title in instrument.titles.items()},
        languages=instrument.languages,
        drafts=instrument.drafts,
        scales=instrument.scales,
        constructs=tuple(one for one in instrument.constructs if one.code in topics),
        items=items,
    )


def _first_of_three(instrument: Instrument) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for item in instrument.items:
        if item.in_index and item.condition is None:
            first.setdefault(item.construct_code, item.code)
    return tuple(first.values())[: len(ITEMS)]
