"""Makes Khmer text in a PDF copy and read aloud as written.

The typesetter gives every glyph of a Khmer syllable the text of the whole syllable, so a screen reader says it two or
three times. This pass tells the reader the real text of each such line (ActualText), leaving what is seen unchanged.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

GlyphTexts = Mapping[int, str]


def readable_khmer(document: bytes) -> bytes:
    """The same document with the real text beside glyphs that repeat it; identical input gives identical bytes."""
    import pikepdf

    with pikepdf.open(io.BytesIO(document)) as pdf:
        for page in pdf.pages:
            fonts = {
                str(name): _glyph_texts(bytes(font.ToUnicode.read_bytes()).decode("latin-1"))
                for name, font in _fonts(page).items()
                if "/ToUnicode" in font
            }
            operations = list(_with_actual_text(list(pikepdf.parse_content_stream(page)), fonts))
            page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(operations))
        saved = io.BytesIO()
        pdf.save(saved, deterministic_id=True)
    return saved.getvalue()


def _fonts(page: Any) -> Any:
    resources = page.get("/Resources")
    found = None if resources is None else resources.get("/Font")
    return {} if found is None else found


def _glyph_texts(cmap: str) -> dict[int, str]:
    """Glyph code -> text, from a ToUnicode map."""
    texts = {}
    for body in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", body):
            texts[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be", "replace")
    for body in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for low, high, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", body):
            start = bytes.fromhex(text).decode("utf-16-be", "replace")
            for code in range(int(low, 16), int(high, 16) + 1):
                texts[code] = start[:-1] + chr(ord(start[-1]) + code - int(low, 16))
    return texts


@dataclass
class Unit:
    """Glyphs that stand for one text: a single glyph, or a span that already names its text."""

    text: str
    glyphs: tuple[int, ...]
    operation: int  # where to write the real text: the show operator, or the span's beginning
    is_span: bool


def _units(operations: Sequence[Any], fonts: Mapping[str, GlyphTexts]) -> list[Unit]:
    units: list[Unit] = []
    texts: GlyphTexts = {}
    open_spans: list[Unit | None] = []
    for at, (operands, operator) in enumerate(operations):
        name = str(operator)
        if name == "Tf":
            texts = fonts.get(str(operands[0]), {})
        elif name in ("BDC", "BMC"):
            open_spans.append(_named_span(operands, at))
            units += [span for span in open_spans[-1:] if span is not None]
        elif name == "EMC":
            open_spans.pop()
        elif name in ("Tj", "TJ"):
            glyphs = _glyphs(operands, name)
            span = next((one for one in open_spans if one is not None), None)
            if span is None:
                units += [Unit(texts.get(glyph, ""), (glyph,), at, is_span=False) for glyph in glyphs]
            else:
                span.glyphs += tuple(glyphs)
    return units


def _named_span(operands: Any, at: int) -> Unit | None:
    import pikepdf

    properties = operands[1] if len(operands) > 1 else None
    if isinstance(properties, pikepdf.Dictionary) and "/ActualText" in properties:
        return Unit(str(properties["/ActualText"]), (), at, is_span=True)
    return None


def _glyphs(operands: Any, operator: str) -> list[int]:
    import pikepdf

    parts = operands if operator == "Tj" else operands[0]
    raw = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]


def repeats(units: Sequence[Unit]) -> list[bool]:
    """Which units only repeat the text of the syllable they belong to.

    A run of units with one and the same text of several letters is one syllable drawn in parts, unless its glyphs come
    round again: then it is as many syllables as there are rounds, and the first part of each speaks.
    """
    marked = []
    for text, group in groupby(units, key=lambda unit: unit.text):
        run = [unit.glyphs for unit in group]
        period = 1
        if len(text) > 1:
            period = next(p for p in range(1, len(run) + 1) if len(run) % p == 0 and run == run[:p] * (len(run) // p))
        marked += [at % period != 0 for at in range(len(run))]
    return marked


def _with_actual_text(operations: Sequence[Any], fonts: Mapping[str, GlyphTexts]) -> Iterator[Any]:
    import pikepdf

    units = _units(operations, fonts)
    said: dict[int, str] = {}
    real: dict[int, str] = {}
    for unit, is_repeat in zip(units, repeats(units), strict=True):
        said[unit.operation] = said.get(unit.operation, "") + unit.text
        real[unit.operation] = real.get(unit.operation, "") + ("" if is_repeat else unit.text)
    for at, (operands, operator) in enumerate(operations):
        if said.get(at) == real.get(at):
            yield operands, operator
            continue
        span = [pikepdf.Name.Span, pikepdf.Dictionary(ActualText=pikepdf.String(real[at]))]
        yield span, pikepdf.Operator("BDC")
        if str(operator) != "BDC":
            yield operands, operator
            yield [], pikepdf.Operator("EMC")
