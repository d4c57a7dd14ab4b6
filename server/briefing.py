"""Assembles the brief for the table: a plain document of blocks, from releases and agreements. No session, no clock.

The same `Brief` is shown as HTML (templates/brief/brief.html) and set as a PDF (server/brief_pdf.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from server.brief_appendix import technical_appendix
from server.brief_blocks import (
    Agreement,
    Block,
    Brief,
    Bullets,
    Drawing,
    OpenQuestion,
    Paragraph,
    Quotes,
    Said,
    Section,
    Table,
)
from server.languages import format_day, translator
from server.pictures import trend_picture
from server.profile_pictures import profile_picture, sides_picture
from server.promise_words import status_words
from server.wording import Wording
from surveys.instruments import Instrument, text_in
from surveys.releases import AgendaEntry, Evidence, Release

NOTHING_SAID = Said()


def assemble(
    series: Sequence[Release],
    instrument: Instrument,
    *,
    language: str,
    agreements: Sequence[Agreement] = (),
    notices: Sequence[str] = (),
    said: Said = NOTHING_SAID,
) -> Brief:
    """The brief of the last release of a series. Raises ValueError when the series is empty.

    series: releases of one partnership as one audience may see them, oldest first. notices: sentences above everything
    ("Demonstration: ...", "Not for publication ..."). said: what people say around the numbers.
    """
    if not series:
        raise ValueError("a brief needs at least one release")
    last = series[-1]
    wording = Wording(language, instrument, last.partners)
    _ = wording._
    sections = (
        Section(_("Introduction"), _introduction(said)),
        Section(_("What we asked"), _what_we_asked(last, wording)),
        Section(_("Who answered"), _who_answered(last, wording)),
        Section(_("What moved"), _what_moved(series, wording)),
        Section(_("The profile of the partnership"), _profile(series, wording)),
        Section(_("Where the two sides see things differently"), _sides(last, wording)),
        Section(_("Questions for the discussion"), _questions(last, wording, said)),
        Section(_("How partners see each other"), _dyads(last, wording)),
        Section(_("What was agreed before, and what became of it"), _agreements(agreements, wording)),
        Section(_("In the words of those who answered"), _comments(last, wording)),
        Section(_("What partners say to this brief"), (Quotes(said.comments),) if said.comments else ()),
        Section(_("Ground rules for the meeting"), (_ground_rules(language, said),)),
        Section(_("How sure are we"), technical_appendix(last, wording)),
    )
    return Brief(
        language=language,
        title=last.partnership,
        subtitle=_("Brief for the discussion: {round}, answers until {day}").format(
            round=wording.label(last.round_label), day=format_day(last.closed_on, language)
        ),
        notices=tuple(notices),
        sections=tuple(section for section in sections if section.blocks),
        footer=_footer(last, wording),
    )


def _introduction(said: Said) -> tuple[Block, ...]:
    paragraphs = (part.strip() for part in said.introduction.split("\n\n"))
    return tuple(Paragraph(part, language=said.language) for part in paragraphs if part)


def _what_we_asked(last: Release, wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    scale = next(iter(wording.instrument.scales.values()))
    asked = _(
        "Every invited person was asked how true {count} statements are for this partnership, from {low} to {high}, "
        "about: {constructs}. Scores here run from 0 to 100."
    ).format(
        count=sum(item.in_index for item in wording.instrument.items),
        low=f"{scale.low:g}",
        high=f"{scale.high:g}",
        constructs="; ".join(text_in(c.titles, wording.language) for c in wording.instrument.constructs if c.titles),
    )
    mode = (
        _("About each other, organizations answered with signed positions; these are not anonymous.")
        if last.dyadic_mode == "positions"
        else _("About each other, people answered personally and anonymously.")
    )
    statements = (Paragraph(asked),) if wording.instrument.items else ()
    return (*statements, Paragraph(mode)) if wording.instrument.dyadic else statements


def _who_answered(last: Release, wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    rows = []
    for estimate, label in (
        ("response_people", _("People who answered")),
        ("response_organizations", _("Organizations that answered")),
        ("overlap_organizations", _("Organizations also in the round before")),
        ("turnover_people", _("Organizations whose people changed")),
    ):
        cell = last.find(estimate, "partnership")
        if cell is not None:
            count = cell.n_band or ("" if cell.n is None else str(cell.n))
            rows.append((label, count, wording.reason(cell) if cell.value is None else f"{cell.value:.0f} %"))
    return (Table(_("Response"), (_("Who"), _("Of how many"), _("Share")), tuple(rows)),) if rows else ()


def _headlines(wording: Wording) -> list[str]:
    named = [f"headline:{headline.code}" for headline in wording.instrument.headlines]
    return named or [f"construct:{construct.code}" for construct in wording.instrument.constructs][:3]


def _what_moved(series: Sequence[Release], wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    targets = _headlines(wording)
    blocks: list[Block] = [Drawing(trend_picture(series, target, wording), is_small=True) for target in targets]
    if len(series) > 1:
        last = series[-1]
        rows = tuple(
            (
                wording.target(target),
                wording.change(last.find("change_last", target)),
                wording.change(last.find("change_first", target)),
                wording.trend(last.find("trend", target)),
            )
            for target in targets
        )
        header = (_("Index"), _("Since the round before"), _("Since the series began"), _("Over all rounds"))
        blocks.append(Table(_("Change of the three headline indices"), header, rows))
    return tuple(blocks)


def _profile(series: Sequence[Release], wording: Wording) -> tuple[Block, ...]:
    targets = [f"construct:{code}" for code in wording.instrument.composite] or [
        f"construct:{construct.code}" for construct in wording.instrument.constructs
    ]
    if not targets:
        return ()
    before = series[-2] if len(series) > 1 else None
    return (Drawing(profile_picture(series[-1], targets, wording, before=before)),)


def _sides(last: Release, wording: Wording) -> tuple[Block, ...]:
    targets = _headlines(wording)
    if all(last.find("gap_sides", target) is None for target in targets):
        return ()
    sentences = tuple(
        wording.about(wording.target(target), wording.gap(last.find("gap_sides", target))) for target in targets
    )
    return Drawing(sides_picture(last, targets, wording)), Bullets(sentences)


def _questions(last: Release, wording: Wording, said: Said) -> tuple[Block, ...]:
    if not last.agenda:
        return (
            Paragraph(
                wording._(
                    "Nothing in this round stands out beyond what chance would do. Choose freely what to talk about."
                )
            ),
        )
    return tuple(_question(number, entry, last, wording, said) for number, entry in enumerate(last.agenda[:5], start=1))


def _question(number: int, entry: AgendaEntry, last: Release, wording: Wording, said: Said) -> OpenQuestion:
    """Both views side by side, why it stands here, and what partners already replied."""
    evidence, views = tuple(evidence_words(entry, last, wording)), views_of(entry, last, wording)
    replies = tuple(quote for quote in said.replies if quote.about == entry.target)
    return OpenQuestion(number, wording.question(entry.target), views, evidence, replies)


def views_of(entry: AgendaEntry, last: Release, wording: Wording) -> tuple[tuple[str, str], ...]:
    """How each side sees it: the entry's own number, else the one that brought it onto the agenda."""
    sides = ("national", "external")
    targets = (entry.target, *(evidence.cell[1] for evidence in entry.evidence))
    target = next((one for one in targets if last.find("level", one, sides[0])), entry.target)
    told_apart = last.find("level", target, sides[0]) is not None
    said = [(who, wording.level(last.find("level", target, who))) for who in (sides if told_apart else ("all",))]
    if target != entry.target:
        said = [(side, wording.about(wording.target(target), level)) for side, level in said]
    return tuple((wording.population(side), level) for side, level in said)


def evidence_words(entry: AgendaEntry, last: Release, wording: Wording) -> list[str]:
    """Why an item stands on the agenda, one sentence per piece of evidence."""
    return [_evidence(evidence, last, wording) for evidence in entry.evidence]


def _evidence(evidence: Evidence, last: Release, wording: Wording) -> str:
    _ = wording._
    cell = last.find(*evidence.cell)
    if evidence.kind == "gap_sides":
        return wording.gap(cell)
    if evidence.kind == "change_last":
        return wording.change(cell)
    return {
        "gap_importance": _("partners call this important and score it low"),
        "spread": _("answers lie far apart"),
        "meta_gap": _("some partners are trusted more or less than they think"),
        "topic_raised": _("raised in the open answers by several organizations"),
    }[evidence.kind]


def _dyads(last: Release, wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    cells = [cell for cell in last.cells if cell.estimate == "received" and cell.target.startswith("partner:")]
    rows = tuple((wording.target(cell.target), wording.level(cell)) for cell in cells if cell.value is not None)
    sides = tuple(
        (wording.population(cell.population), wording.level(cell))
        for cell in last.cells
        if cell.estimate == "received" and cell.target == "partnership"
    )
    blocks: list[Block] = []
    if sides:
        blocks.append(
            Table(_("Trust received from other partners, on average"), (_("Who"), _("Points (interval)")), sides)
        )
    if rows:
        blocks.append(Table(_("Trust received by each partner"), (_("Partner"), _("Points (interval)")), rows))
    return tuple(blocks)


def _agreements(agreements: Sequence[Agreement], wording: Wording) -> tuple[Block, ...]:
    _ = wording._
    words = status_words(_)
    rows = tuple(
        (
            one.question,
            one.action,
            one.owner,
            format_day(one.due_on, wording.language) if one.due_on else "",
            words.get(one.status, one.status) + (f": {one.outcome}" if one.outcome else ""),
        )
        for one in agreements
    )
    header = (_("Question"), _("Agreed action"), _("Owner"), _("Due"), _("What became of it"))
    return (Table(_("Agreements"), header, rows),) if rows else ()


def _comments(last: Release, wording: Wording) -> tuple[Block, ...]:
    if not last.comments:
        return ()
    note = wording._("In no particular order, as written; dated by the round, not by the day.")
    quoted = wording._("“{text}”")
    return Paragraph(note, is_note=True), Bullets(tuple(quoted.format(text=comment.text) for comment in last.comments))


def _ground_rules(language: str, said: Said) -> Bullets:
    if said.ground_rules:
        return Bullets(said.ground_rules, language=said.rules_language)
    return Bullets(ground_rules(language))


def ground_rules(language: str) -> tuple[str, ...]:
    _ = translator(language).gettext
    return (
        _("These numbers open a conversation; they judge nobody."),
        _("Ask in order to understand, not to find who is to blame."),
        _("Do not guess who said what, and do not ask."),
        _("Different views are recorded side by side; nobody has to agree."),
        _("End each item with: what, who, by when, and how we will know."),
    )


def _footer(last: Release, wording: Wording) -> str:
    digest = str(last.provenance.get("digest", ""))[:16]
    return wording._("{instrument} version {version}, questionnaire {questionnaire}, release {digest}").format(
        instrument=last.instrument.upper(),
        version=last.instrument_version,
        questionnaire=last.instrument_digest[:12],
        digest=digest or "–",
    )
