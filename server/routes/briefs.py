"""The brief for the discussion: preview, the facilitator's words, each partner's comment, release, PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.brief_orders import Ordered, frozen, may_read, order
from server.briefing import ground_rules
from server.csv_files import download
from server.deps import FormDep
from server.dossiers import Dossier, open_dossier, with_pulses
from server.fields import Fields, Typed
from server.languages import LANGUAGES, format_day
from server.pages import LANGUAGE_NAMES, Page, Words, see_other
from server.places import ChairDep, Place, PlaceDep
from server.routes.rounds import RoundNumber
from server.sheets import name_of
from surveys import briefs, rounds
from surveys.models import BriefWords, Round
from surveys.texts import LONGEST_LINE

router = APIRouter()
ChosenLanguage = Annotated[Literal["en", "km", "fr"] | None, Query()]
TIME_TO_COMMENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a brief stands, and what this reader may do about it.

    comment: of the reader's own organization, None where it may not comment. silent: partners that have not commented.
    """

    state: str
    sentence: str
    until: Typed
    may_write: bool
    may_share: bool
    may_release: bool
    comment: Typed | None
    silent: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class BriefPage(Page):
    template = "brief/page.html"
    title: str
    subtitle: str
    address: str
    round_address: str
    round_label: str
    body: str
    files: tuple[tuple[str, str, str], ...]
    stage: Stage


@dataclass(frozen=True, slots=True)
class WordsPage(Page):
    template = "brief/words.html"
    title: Words
    address: str
    round_label: str
    typed: Typed
    standard: tuple[str, ...]
    in_language: str
    most: int


@dataclass(frozen=True, slots=True)
class Table:
    """One brief as one account meets it."""

    place: Place
    round_: Round
    words: BriefWords | None
    dossier: Dossier

    @property
    def address(self) -> str:
        return f"{self.place.address}/rounds/{self.round_.number}/brief"


def _at(place: Place, number: int) -> Table:
    """A brief exists for whoever may read it, from the release of the round on."""
    round_ = rounds.get_round(place.session, place.partnership.id, number)
    dossier = _of_kind(place, round_, place.dossier)
    words = briefs.find_words(place.session, round_.id)
    if not dossier.has_release(number) or not may_read(place.seat, words):
        raise HTTPException(404)
    return Table(place, round_, words, dossier)


def _of_kind(place: Place, round_: Round, dossier: Dossier) -> Dossier:
    """A pulse has a series of its own."""
    return with_pulses(place.session, dossier) if round_.kind == "pulse" else dossier


def get_table(place: PlaceDep, number: RoundNumber) -> Table:
    return _at(place, number)


def get_own_table(place: ChairDep, number: RoundNumber) -> Table:
    return _at(place, number)


TableDep = Annotated[Table, Depends(get_table)]
OwnTableDep = Annotated[Table, Depends(get_own_table)]  # only for whoever facilitates the partnership


def _in(table: Table, language: str | None) -> Dossier:
    place = table.place
    if language is None or language == place.language:
        return table.dossier
    whole = open_dossier(place.session, place.account, place.partnership, language)
    return _of_kind(place, table.round_, whole)


def _ordered(table: Table, language: str | None = None) -> Ordered:
    place = table.place
    return order(place.session, _in(table, language), table.round_, table.words)


@router.get("/partnerships/{partnership_id}/rounds/{number}/brief")
def brief_page(table: TableDep, language: ChosenLanguage = None) -> Response:
    return _show(table, language=language)


def _show(
    table: Table,
    *,
    language: str | None = None,
    comment: Typed | None = None,
    until: Typed | None = None,
    status: int = 200,
) -> Response:
    place, ordered = table.place, _ordered(table, language)
    label = table.dossier.at(table.round_.number).wording.label(ordered.subject.series[-1].round_label)
    page = BriefPage(
        title=ordered.title,
        subtitle=label,
        address=table.address,
        round_address=table.address.removesuffix("/brief"),
        round_label=label,
        body=ordered.body(),
        files=tuple((code, LANGUAGE_NAMES[code], f"{table.address}.pdf?language={code}") for code in LANGUAGES),
        stage=_stage(table, comment, until),
    )
    return place.show(page, status=status)


def _stage(table: Table, comment: Typed | None, until: Typed | None) -> Stage:
    place, words = table.place, table.words
    state = words.state if words else briefs.DRAFT
    proposed = (place.now + TIME_TO_COMMENT).date().isoformat()
    return Stage(
        state=state,
        sentence=_sentence(place, words),
        until=until or Typed({"until": proposed}),
        may_write=place.may_run and state != briefs.RELEASED,
        may_share=place.may_run and state == briefs.DRAFT,
        may_release=place.may_run and _may_release(place.session, place, words),
        comment=comment or _own_comment(table),
        silent=_silent(table) if state == briefs.SHARED and place.may_run else (),
    )


def _may_release(session: Session, place: Place, words: BriefWords | None) -> bool:
    return words is not None and briefs.may_be_released(session, words, place.partnership.id, place.now)


def _sentence(place: Place, words: BriefWords | None) -> str:
    _ = place._
    if words is None or words.state == briefs.DRAFT:
        return _("Only you see this draft. Share it with the partners so that each may comment before the meeting.")
    if words.state == briefs.RELEASED:
        return _("This brief was released to everybody with a seat in the partnership; it stays as it is.")
    day = format_day(words.reply_until or place.today, place.language)
    return _("A draft, shared with the partners: each may comment until {day}.").format(day=day)


def _own_comment(table: Table) -> Typed | None:
    place = table.place
    if place.organization_id is None or not briefs.is_open_for_comments(table.words, place.now):
        return None
    found = briefs.find_comment(place.session, table.round_.id, place.organization_id)
    return Typed({"comment": found.text if found else ""})


def _silent(table: Table) -> tuple[Words, ...]:
    place = table.place
    spoke = {one.organization_id for one in briefs.comments_of(place.session, table.round_.id)}
    return tuple(name_of(one, place.language) for key, one in place.members().items() if key not in spoke)


@router.get("/partnerships/{partnership_id}/rounds/{number}/brief.pdf")
def brief_file(table: TableDep, language: ChosenLanguage = None) -> Response:
    ordered = _ordered(table, language)
    name = f"brief {table.place.partnership.code} round {table.round_.number} {ordered.subject.wording.language}.pdf"
    return download(ordered.pdf(), name, "application/pdf")


@router.get("/partnerships/{partnership_id}/rounds/{number}/brief/words")
def words_page(table: OwnTableDep) -> Response:
    words, language = table.words, table.place.language
    if words is not None and words.state == briefs.RELEASED:
        raise HTTPException(404)
    kept = {
        "introduction": words.introduction.get(language, "") if words else "",
        "ground_rules": words.ground_rules.get(language, "") if words else "",
    }
    return _show_words(table, Typed(kept))


def _show_words(table: Table, typed: Typed, *, status: int = 200) -> Response:
    place = table.place
    page = WordsPage(
        title=place.title,
        address=table.address,
        round_label=place.dossier.wording.label(table.round_.label),
        typed=typed,
        standard=ground_rules(place.language),
        in_language=LANGUAGE_NAMES[place.language],
        most=briefs.MOST_RULES,
    )
    return place.show(page, status=status)


@router.post("/partnerships/{partnership_id}/rounds/{number}/brief/words")
def write_words(table: OwnTableDep, form: FormDep) -> Response:
    place, fields = table.place, Fields(form, table.place._)
    introduction = fields.text("introduction", limit=briefs.LONGEST_INTRODUCTION)
    rules = fields.text("ground_rules")
    lines = briefs.rules_of(rules)
    if "ground_rules" not in fields.faults and (
        len(lines) > briefs.MOST_RULES or any(len(line) > LONGEST_LINE for line in lines)
    ):
        said = place._("At most {count} rules of {limit} characters fit. Nothing was cut or saved.")
        fields.faults["ground_rules"] = said.format(count=briefs.MOST_RULES, limit=LONGEST_LINE)
    if fields.faults:
        return _show_words(table, fields.typed, status=422)
    words = briefs.words_of(place.session, table.round_.id, now=place.now)
    briefs.write(words, language=place.language, introduction=introduction, ground_rules=rules, now=place.now)
    place.record("changed the words around a brief", f"round {table.round_.id}")
    return see_other(table.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/brief/share")
def share(table: OwnTableDep, form: FormDep) -> Response:
    place, fields = table.place, Fields(form, table.place._)
    earliest: date = (place.now + briefs.SHORTEST_REPLY).date()
    until = fields.day("until", required=True, earliest=earliest)
    if fields.faults or until is None:
        return _show(table, until=fields.typed, status=422)
    words = briefs.words_of(place.session, table.round_.id, now=place.now)
    if words.state == briefs.DRAFT:  # sent twice: it is shared already
        briefs.share(words, until=until, now=place.now)
        place.record(f"shared a brief for comments until {until}", f"round {table.round_.id}")
    return see_other(table.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/brief/comment")
def comment(table: TableDep, form: FormDep) -> Response:
    """What the reader's organization says of the brief, in place of its earlier comment."""
    place = table.place
    if place.organization_id is None or place.organization_id not in place.members():
        raise HTTPException(404)
    fields = Fields(form, place._)
    text = fields.text("comment", limit=briefs.LONGEST_COMMENT)
    if fields.faults:
        return _show(table, comment=fields.typed, status=422)
    words = briefs.words_of(place.session, table.round_.id, now=place.now)
    briefs.comment(
        place.session,
        words,
        place.organization_id,
        author=place.account.name,
        text=text,
        language=place.language,
        now=place.now,
    )
    place.record("commented on a brief", f"round {table.round_.id}")
    return see_other(table.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/brief/release")
def release(table: OwnTableDep) -> Response:
    place = table.place
    words = briefs.words_of(place.session, table.round_.id, now=place.now)
    if words.state != briefs.RELEASED:  # sent twice: it is released already
        if not briefs.may_be_released(place.session, words, place.partnership.id, place.now):
            raise HTTPException(409)
        briefs.release(words, frozen(place.session, table.dossier, table.round_, words), now=place.now)
        place.record("released a brief", f"round {table.round_.id}")
    return see_other(table.address)
