"""Invitations on paper: one page a person, with a QR code and a code to type. For people whom no mail reaches."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path

from sqlmodel import Session

from server.brief_pdf import FONT_PACKAGES
from server.languages import LANGUAGES, label_in, translator
from server.mailing import confidentiality, values_for
from server.settings import Settings
from server.sheets import title_of
from surveys import mailings, rounds
from surveys.keystore import RoundKeys
from surveys.models import Invitation, Partnership, Round

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "letters" / "letters.typ"


@dataclass(frozen=True, slots=True)
class Letter:
    """One page, in the language of its person."""

    person: str
    organization: str
    language: str
    title: str
    paragraphs: tuple[str, ...]
    how: str
    address: str
    code: str
    qr: str
    alt: str
    promises: tuple[str, ...]


def to_be_printed(session: Session, settings: Settings, round_: Round) -> list[Invitation]:
    """Everybody where invitations go out on paper; else those without an address, or whose mail did not arrive."""
    present = [one for one in rounds.invitations_of(session, round_) if not one.gone]
    if not (mailings.plan_of(session, round_).by_mail and settings.sends_mail):
        return present
    troubled = mailings.troubles(session, round_)
    return [one for one in present if one.id in troubled or not mailings.has_address(one)]


def letters_for(
    session: Session, settings: Settings, round_: Round, keys: RoundKeys, invitations: Iterable[Invitation]
) -> list[Letter]:
    partnership = session.get_one(Partnership, round_.partnership_id)
    return [_letter(session, settings, partnership, round_, keys, one) for one in invitations]


def _letter(
    session: Session, settings: Settings, partnership: Partnership, round_: Round, keys: RoundKeys, one: Invitation
) -> Letter:
    language = one.language if one.language in LANGUAGES else "en"
    _ = translator(language).gettext
    values = values_for(session, settings, partnership, round_, one, keys, language)
    asked = _(
        "Your organization was invited with its partners to say how this partnership works: what is going well, what "
        "is not, and what to talk about next. Every organization counts the same."
    )
    return Letter(
        person=values["person"],
        organization=values["organization"],
        language=language,
        title=f"{values['partnership']}, {values['round']}",
        paragraphs=(asked, _("The questions are open until {closes}.").format(closes=values["closes"])),
        how=_("Scan the picture with your phone, or open this address in a browser and type the code:"),
        address=values["enter_at"],
        code=values["code"],
        qr=_qr(values["link"]),
        alt=_("QR code of the personal link"),
        promises=(
            confidentiality("invitation", language, has_positions=rounds.asks_positions(round_)),
            _(
                "Until closing you can replace or withdraw your answers. After closing nobody can remove a single "
                "answer, because nobody can find it."
            ),
        ),
    )


def _qr(link: str) -> str:
    import segno  # only pages with personal links need it

    drawn = BytesIO()
    segno.make(link, error="m").save(drawn, kind="svg", border=2, scale=4, xmldecl=False, light="#fff")
    return drawn.getvalue().decode()


def to_pdf(partnership: Partnership, round_: Round, letters: Iterable[Letter], language: str) -> bytes:
    """All letters as one file, to be printed in one go."""
    import typst

    from server.pdf_text import readable_khmer

    title = f"{title_of(partnership, language).text}, {label_in(round_.label, language)}"
    content = {"title": title, "letters": [asdict(one) for one in letters]}
    made = typst.compile(
        str(TEMPLATE),
        font_paths=[str(resources.files(package) / "files") for package in FONT_PACKAGES],
        ignore_system_fonts=True,
        sys_inputs={"letters": json.dumps(content, ensure_ascii=False)},
        pdf_standards="ua-1",
    )
    return readable_khmer(made)
