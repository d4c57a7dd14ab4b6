"""Sets a brief as a tagged PDF. The same brief gives the same bytes: no clock, no random identifiers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from server.brief_blocks import Block, Brief, Drawing

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "brief" / "brief.typ"
FONT_PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_khmer")
LAST_FONT = "DejaVuSans.ttf"  # comes with the drawing library: Arabic, Hebrew, symbols
UNKNOWN = "\ufffd"  # stands for a letter that no font of ours has
JOINERS, DIRECTIONS = "\u200b\u200c\u200d", range(0x202A, 0x202F)


def to_pdf(brief: Brief) -> bytes:
    """The brief as PDF/UA-1."""
    import typst

    from server.pdf_text import readable_khmer

    content = {
        "language": brief.language,
        "title": brief.title,
        "subtitle": brief.subtitle,
        "notices": brief.notices,
        "sections": [
            {"heading": section.heading, "blocks": [_plain(block) for block in section.blocks]}
            for section in brief.sections
        ],
        "footer": brief.footer,
    }
    made = typst.compile(
        str(TEMPLATE),
        font_paths=sorted({str(path.parent) for path in _fonts()}),
        ignore_system_fonts=True,
        sys_inputs={"brief": json.dumps(_printable(content), ensure_ascii=False)},
        pdf_standards="ua-1",
    )
    return readable_khmer(made)


def _fonts() -> Iterator[Path]:
    for package in FONT_PACKAGES:
        yield from sorted(Path(str(resources.files(package) / "files")).glob("*.ttf"))
    import matplotlib as mpl

    yield Path(mpl.get_data_path()) / "fonts" / "ttf" / LAST_FONT


@cache  # a tenth of a second
def _letters() -> frozenset[int]:
    """What our fonts can show; an accessible PDF may not hold a letter without a shape."""
    from matplotlib.ft2font import FT2Font

    return frozenset(code for path in _fonts() for code in FT2Font(str(path)).get_charmap())


def _printable(part: Any) -> Any:
    """The same content, each letter that cannot be shown replaced visibly; signs that only turn the direction go."""
    if isinstance(part, str):
        return part if part.startswith("<svg") else "".join(map(_shown, part))
    if isinstance(part, dict):
        return {name: _printable(value) for name, value in part.items()}
    return [_printable(value) for value in part] if isinstance(part, list | tuple) else part


def _shown(sign: str) -> str:
    code = ord(sign)
    if sign in "\n" + JOINERS or code in _letters():
        return "" if code in DIRECTIONS else sign
    return UNKNOWN if sign.isprintable() else " "


def _plain(block: Block) -> dict[str, Any]:
    if isinstance(block, Drawing):
        picture = block.picture
        return {
            "kind": "drawing",
            "title": picture.title,
            "sentence": picture.sentence,
            "notes": picture.notes,
            "is_small": block.is_small,
            "svg": picture.svg(outlined=True, narrow=block.is_small),
        }
    return asdict(block)
