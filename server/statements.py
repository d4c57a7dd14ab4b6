"""The statements behind a number: their words in every version that was asked, and how the latest round answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from server.dossiers import Dossier
from server.pages import Words, words_in
from surveys.instruments import Instrument, Item, text_in
from surveys.releases import Release


@dataclass(frozen=True, slots=True)
class Statement:
    """code: as the questionnaire names it. earlier: other words of it, each with the rounds that used them.

    level: how the latest round answered, or why that is not shown. is_turned: agreement counts against the index.
    """

    code: str
    target: str
    text: Words
    level: str
    is_turned: bool
    has_trend: bool
    earlier: tuple[tuple[str, str], ...]


def statements_behind(dossier: Dossier, target: str) -> tuple[Statement, ...]:
    if not dossier.series:
        return ()
    wording = dossier.wording
    return tuple(_statement(dossier, item) for item in items_behind(wording.instrument, target))


def items_behind(instrument: Instrument, target: str) -> list[Item]:
    kind, _, code = target.partition(":")
    constructs = {"construct": [code], "composite": list(instrument.composite)}.get(kind, [])
    if kind == "headline":
        constructs = [c for headline in instrument.headlines if headline.code == code for c in headline.constructs]
    if kind == "item":
        return [item for item in instrument.items if item.code == code]
    if kind == "facet":
        above, _, facet = code.partition(".")
        return [item for item in instrument.items if (item.construct_code, item.facet) == (above, facet)]
    return [item for item in instrument.items if item.construct_code in constructs and item.in_index]


def _statement(dossier: Dossier, item: Item) -> Statement:
    wording, last = dossier.wording, dossier.series[-1]
    target = f"item:{item.code}"
    text = words_in(item.texts, wording.language)
    return Statement(
        code=item.code,
        target=target,
        text=text,
        level=wording.full_level(last.find("level", target)),
        is_turned=item.reverse,
        has_trend=any(release.find("level", target) for release in dossier.series),
        earlier=tuple(one for one in _versions(dossier, item.code) if one[1] != str(text)),
    )


def _versions(dossier: Dossier, code: str) -> Iterator[tuple[str, str]]:
    """Rounds with the words they used, where the statement was asked at all."""
    asked = [(release, _text(dossier, release, code)) for release in dossier.series]
    for text, group in groupby((one for one in asked if one[1]), key=lambda one: one[1]):
        labels = [dossier.wording.label(release.round_label) for release, _ in group]
        yield (labels[0] if len(labels) == 1 else f"{labels[0]} – {labels[-1]}"), text


def _text(dossier: Dossier, release: Release, code: str) -> str:
    instrument = dossier.instruments[release.instrument, release.instrument_version]
    return next((text_in(one.texts, dossier.wording.language) for one in instrument.items if one.code == code), "")


def versions_used(dossier: Dossier) -> Iterator[str]:
    """Which rounds used which version, where there is more than one."""
    versions: dict[tuple[str, int], list[Release]] = {}
    for release in dossier.series:
        versions.setdefault((release.instrument, release.instrument_version), []).append(release)
    if len(versions) < 2:
        return
    wording = dossier.wording
    for (code, version), releases in versions.items():
        labels = ", ".join(wording.label(one.round_label) for one in releases)
        yield wording.about(f"{code.upper()} {version}", labels)
