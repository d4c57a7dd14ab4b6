"""Small files as people send them."""

from __future__ import annotations

from pathlib import Path

from surveys.instruments import Construct, DyadicPart, DyadItem, Instrument, Item, Question, Scale

TINY = Instrument(
    code="tiny",
    titles={"en": "Tiny"},
    scales={"agreement": Scale(low=0, high=10), "grade": Scale(low=1, high=5, whole=False)},
    constructs=(Construct(code="T", titles={"en": "Transparency"}), Construct(code="G", titles={"en": "Grade"})),
    items=(
        Item(code="T1", construct="T", texts={"en": "one"}),
        Item(code="T2", construct="T", texts={"en": "two"}, reverse=True),
        Item(code="G1", construct="G", texts={"en": "grade"}, scale="grade"),
    ),
    dyadic=DyadicPart(
        contact=Question(code="D0", texts={"en": "contact"}),
        items=(DyadItem(code="D1", texts={"en": "reliable"}, in_trust=True),),
    ),
)
HEADER = "partnership,organization,round,respondent,T1,T2,G1"


def written(folder: Path, *lines: str, name: str = "answers.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path
