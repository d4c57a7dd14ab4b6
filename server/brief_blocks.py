"""What a brief is made of: plain blocks that HTML and PDF both show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.pictures import Picture


@dataclass(frozen=True)
class Agreement:
    """What was agreed on a finding, and what became of it, as the brief prints it."""

    question: str
    action: str
    owner: str
    due_on: date | None
    status: str  # of the commitment, or of the question where there is none
    outcome: str = ""


@dataclass(frozen=True)
class Paragraph:
    """language: of the words, where a person wrote them."""

    text: str
    is_note: bool = False
    language: str = ""
    kind: str = "paragraph"


@dataclass(frozen=True)
class Bullets:
    lines: tuple[str, ...]
    language: str = ""
    kind: str = "bullets"


@dataclass(frozen=True)
class Table:
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = "table"


@dataclass(frozen=True)
class Drawing:
    """is_small: on paper it shares a line with its neighbour."""

    picture: Picture
    is_small: bool = False
    kind: str = "drawing"


@dataclass(frozen=True)
class Quote:
    """What a partner said, in the language it wrote; of a question of the round, or of the brief as a whole."""

    who: str
    text: str
    language: str = ""
    about: str = ""


@dataclass(frozen=True)
class Quotes:
    lines: tuple[Quote, ...]
    kind: str = "quotes"


@dataclass(frozen=True)
class OpenQuestion:
    number: int
    question: str
    views: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    replies: tuple[Quote, ...] = ()
    kind: str = "question"


Block = Paragraph | Bullets | Table | Drawing | OpenQuestion | Quotes


@dataclass(frozen=True)
class Section:
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Brief:
    language: str
    title: str
    subtitle: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str


@dataclass(frozen=True)
class Said:
    """What people say around the numbers. Empty texts stand for the standard ones.

    introduction, ground_rules: the facilitator's, each in the language it was written in. comments: of partners, on the
    brief. replies: of partners, on single questions; `about` names the question's target.
    """

    introduction: str = ""
    ground_rules: tuple[str, ...] = ()
    comments: tuple[Quote, ...] = ()
    replies: tuple[Quote, ...] = ()
    language: str = ""
    rules_language: str = ""
