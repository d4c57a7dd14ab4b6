"""The words of mailings: standard texts in three languages, a partnership's own, and placeholders that are filled once.

What protects respondents cannot be edited away: the link and the sentence on confidentiality must stay in a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, delete

from server.wording import N_
from surveys.models import MailText
from surveys.outbox import check_header, is_line
from surveys.problems import InvalidInput

Gettext = Callable[[str], str]
FOLDER = Path(__file__).resolve().parent.parent / "templates" / "mails"
PLACEHOLDER = re.compile(r"\{([^{}\s]{0,40})\}")
LONGEST_BODY = 6_000
EVERYWHERE = ("person", "organization", "partnership", "round", "opens", "closes")
WITH_LINK = (*EVERYWHERE, "link", "code", "enter_at", "confidentiality", "reminders")
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "invitation": WITH_LINK,
    "reminder": WITH_LINK,
    "extension": WITH_LINK,
    "not_opened": (*EVERYWHERE, "confidentiality"),
    "cancelled": (*EVERYWHERE, "confidentiality", "reason"),
    "results": (*EVERYWHERE, "confidentiality", "brief"),
    "agreed": (*EVERYWHERE, "agreements"),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "invitation": ("link", "confidentiality", "reminders"),
    "reminder": ("link", "confidentiality"),
    "extension": ("link", "confidentiality"),
    "not_opened": ("confidentiality",),
    "cancelled": ("confidentiality", "reason"),
    "results": ("confidentiality", "brief"),
    "agreed": ("agreements",),
}
KINDS = tuple(ALLOWED)
TITLES = {
    "invitation": N_("Invitation"),
    "again": N_("Invitation, sent again to one person"),
    "reminder": N_("Reminder"),
    "extension": N_("The round was extended"),
    "not_opened": N_("The round was not opened"),
    "cancelled": N_("The round was cancelled"),
    "results": N_("Results for everybody invited"),
    "agreed": N_("What was agreed"),
}
MEANINGS = {
    "person": N_("the name of the person"),
    "organization": N_("the organization of the person"),
    "partnership": N_("the partnership"),
    "round": N_("the round"),
    "opens": N_("when the round opens"),
    "closes": N_("when the round closes"),
    "link": N_("the personal link"),
    "code": N_("the code of the personal link"),
    "enter_at": N_("the address where the code is typed"),
    "confidentiality": N_("what is promised about the answers"),
    "reminders": N_("when reminders come"),
    "reason": N_("why the round was cancelled"),
    "brief": N_("the part of the brief that everybody may read"),
    "agreements": N_("what was agreed, by whom, until when"),
}


@dataclass(frozen=True, slots=True)
class Text:
    subject: str
    body: str


def kind_of_text(mailing_kind: str) -> str:
    """An invitation sent again says the same."""
    return "invitation" if mailing_kind == "again" else mailing_kind


@cache  # files of the program, the same for the life of the process
def standard_text(kind: str, language: str) -> Text:
    subject, _, body = (FOLDER / f"{kind}.{language}.txt").read_text(encoding="utf-8").partition("\n")
    return Text(subject.strip(), body.strip() + "\n")


def text_for(session: Session, partnership_id: UUID, kind: str, language: str) -> Text:
    """The partnership's own wording, else the standard one."""
    own = session.get(MailText, (partnership_id, kind, language))
    return Text(own.subject, own.body) if own else standard_text(kind, language)


def keep_text(session: Session, partnership_id: UUID, kind: str, language: str, text: Text) -> None:
    """Keep a checked text; the standard one is not kept, so that its improvements arrive."""
    where = (
        col(MailText.partnership_id) == partnership_id,
        col(MailText.kind) == kind,
        col(MailText.language) == language,
    )
    session.execute(delete(MailText).where(*where))
    if text != standard_text(kind, language):
        session.add(
            MailText(partnership_id=partnership_id, kind=kind, language=language, subject=text.subject, body=text.body)
        )


def tidied(subject: str, body: str) -> Text:
    """As typed in a browser -> as kept: one kind of line end, no blanks around."""
    return Text(" ".join(subject.split()), body.replace("\r\n", "\n").replace("\r", "\n").strip() + "\n")


def faults_of(kind: str, text: Text, _: Gettext) -> tuple[str, ...]:
    """What is wrong with a text, one sentence each; with a fault nothing is saved."""
    faults = []
    named = PLACEHOLDER.findall(text.subject + "\n" + text.body)
    unknown = sorted({one for one in named if one not in ALLOWED[kind]})
    faults += [_("“{{{name}}}” is not a placeholder of this mail.").format(name=one[:40]) for one in unknown]
    missing = [one for one in REQUIRED[kind] if one not in PLACEHOLDER.findall(text.body)]
    faults += [
        _("“{{{name}}}” ({meaning}) must stay in the text.").format(name=one, meaning=_(MEANINGS[one]))
        for one in missing
    ]
    if any(name in PLACEHOLDER.findall(text.subject) for name in ("link", "code", "brief", "agreements", "reason")):
        faults.append(_("The subject can be read by anybody who sees the mailbox: no link, code or results in it."))
    try:
        check_header(text.subject)
    except InvalidInput:
        faults.append(_("The subject is empty, too long, or holds signs that cannot stand in a subject."))
    if len(text.body) > LONGEST_BODY or not all(is_line(line) for line in text.body.split("\n")):
        faults.append(
            _("The text has at most {count} characters, without signs that cannot be printed.").format(
                count=LONGEST_BODY
            )
        )
    return tuple(faults)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Each placeholder once; what stands in a name is not read again, whatever brackets it holds."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def subject_of(text: Text, values: Mapping[str, str]) -> str:
    return safe_subject(fill(text.subject, values))


def safe_subject(text: str) -> str:
    """One line that can stand in a header: names lose what cannot, and it is no longer than a subject may be."""
    line = " ".join(text.split()).replace("=?", "= ?")
    return "".join(sign for sign in line if is_line(sign))[:250]
