"""One calm style for every chart, and the way from a figure to bytes: SVG for pages, PNG for slides.

Colour-blind safe and readable in grey print: meaning never rests on colour alone, a second series has its own marker.
Identical input gives identical bytes: no dates, fixed salt, rounded coordinates. Thread-safe: settings are made once,
at the first figure, and every figure is its own object (never pyplot).
"""

from __future__ import annotations

import hashlib
import html
import io
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

FAMILIES = ("Noto Sans", "Noto Sans Khmer", "DejaVu Sans")
INK, QUIET, HAIR, PAPER = "#1b2733", "#5b6773", "#d5dbe1", "#ffffff"
FIRST, SECOND, SHADE = "#1f4e79", "#b45309", "#e8eef4"
MARKERS = (("o", FIRST), ("s", SECOND), ("^", "#4b5563"))

_RENDERING = threading.Lock()  # the SVG writer reads a global setting: text as text, or as shapes
Figure = Any  # matplotlib.figure.Figure, imported at the first drawing: it costs most of a second


@dataclass(frozen=True, slots=True)
class Size:
    """Of a drawing, in CSS pixels; text keeps its size, so a narrow drawing stays readable on a phone."""

    width: int
    height: int
    text: int = 12


WIDE, NARROW = Size(720, 340), Size(360, 300, 11)


@cache
def _prepare() -> None:
    import matplotlib as mpl
    from matplotlib import font_manager

    # The packages hold one variable weight; a browser makes bold of it, matplotlib says each time that it cannot.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    for package in ("fontpkg_noto_sans", "fontpkg_noto_sans_khmer"):
        for file in sorted((resources.files(package) / "files").iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".ttf") and "Italic" not in file.name:
                font_manager.fontManager.addfont(str(file))
    mpl.rcParams.update(
        {
            "font.family": list(FAMILIES),
            "svg.hashsalt": "rapport",
            "axes.edgecolor": HAIR,
            "axes.labelcolor": QUIET,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.color": INK,
            "text.parse_math": False,  # a name may hold a dollar sign
            "xtick.color": QUIET,
            "ytick.color": QUIET,
            "path.simplify": False,
        }
    )


def new_figure(size: Size) -> Figure:
    """An empty figure of this size; 1 point of the drawing is 1 CSS pixel."""
    _prepare()
    from matplotlib.figure import Figure as MatplotlibFigure

    return MatplotlibFigure(figsize=(size.width / 72, size.height / 72), dpi=72, facecolor=PAPER)


def axes(figure: Figure, size: Size, *, left: float, right: float = 14, top: float = 24, bottom: float = 44) -> Any:
    """Axes with fixed margins in pixels: four times faster than letting the library find them."""
    w, h = size.width, size.height
    box = (left / w, bottom / h, max(0.05, (w - left - right) / w), max(0.05, (h - top - bottom) / h))
    made = figure.add_axes(box)
    made.tick_params(length=0, labelsize=size.text - 1)
    made.set_axisbelow(True)
    return made


def clean(text: str, longest: int = 60) -> str:
    """Text fit for a drawing: one line, no control or direction-changing characters, shortened visibly."""
    flat = "".join(
        c if c.isprintable() and not 0x202A <= ord(c) <= 0x202E and not 0x2066 <= ord(c) <= 0x2069 else " "
        for c in text
    )
    flat = " ".join(flat.split())
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"


def wrap(text: str, width: int, lines: int = 2) -> str:
    """Break a label at spaces into at most `lines` lines of about `width` characters."""
    words, rows = clean(text, width * lines).split(" "), [""]
    for word in words:
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width and len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}".strip()
    return "\n".join(rows)


def spread_labels(positions: Sequence[float], gap: float) -> list[float]:
    """Move label positions apart so that neighbours keep at least `gap`, each staying as near its point as it can."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    placed = list(positions)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    return placed


def _rendered_svg(figure: Figure, *, outlined: bool) -> str:
    import matplotlib as mpl

    buffer = io.StringIO()
    with _RENDERING:
        mpl.rcParams["svg.fonttype"] = "path" if outlined else "none"
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return buffer.getvalue()


def to_svg(figure: Figure, *, title: str, description: str, outlined: bool = False) -> str:
    """An accessible `<svg>` element for a page under a strict content policy: no style attribute, no script.

    outlined: draw letters as shapes, for places that have neither our fonts nor Khmer shaping (PDF, other programs).
    """
    body = _rendered_svg(figure, outlined=outlined)
    body = re.sub(r"^.*?<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>", r"\1>", body, flags=re.DOTALL)
    box, _, body = body.partition(">")
    body = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<defs>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r' style="([^"]*)"', _as_attributes, body)
    body = re.sub(r"(<g) id=\"[^\"]*\"", r"\1", body)
    if not outlined:  # the outlines of letters are scaled by small factors that rounding would bend
        body = re.sub(r"-?\d+\.\d{3,}", lambda match: f"{float(match.group()):.2f}".rstrip("0").rstrip("."), body)
    body = re.sub(r"\s*\n\s*", " ", body).replace("xlink:href", "href").strip()
    key = "c" + hashlib.sha256((title + description + body).encode()).hexdigest()[:10]
    body = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{key}", body)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        f'aria-labelledby="{key}t {key}d" stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{key}t">{html.escape(title)}</title><desc id="{key}d">{html.escape(description)}</desc>'
    )
    return head + body


def _as_attributes(match: re.Match[str]) -> str:
    pairs = (part.split(":", 1) for part in match.group(1).split(";") if ":" in part)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)


def to_png(figure: Figure, *, scale: float = 2.0) -> bytes:
    """A picture for slides, `scale` times the size in pixels."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=72 * scale, metadata={"Software": None})
    return buffer.getvalue()
