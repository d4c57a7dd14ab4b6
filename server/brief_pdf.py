"""Sets a brief as a tagged PDF. The same brief gives the same bytes: no clock, no random identifiers."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from server.briefing import Block, Brief, Drawing

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "brief" / "brief.typ"
FONT_PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_khmer")


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
        font_paths=[str(resources.files(package) / "files") for package in FONT_PACKAGES],
        ignore_system_fonts=True,
        sys_inputs={"brief": json.dumps(content, ensure_ascii=False)},
        pdf_standards="ua-1",
    )
    return readable_khmer(made)


def _plain(block: Block) -> dict[str, Any]:
    if isinstance(block, Drawing):
        picture = block.picture
        return {
            "kind": "drawing",
            "title": picture.title,
            "sentence": picture.sentence,
            "svg": picture.svg(outlined=True),
        }
    return asdict(block)
