"""Style, scripts and fonts: named by their content, compressed once at start, served from memory, cached for ever.

htmx and the Noto fonts come out of installed wheels, so no third-party file lives in this repository.
Fonts are cut down to what the languages need and kept in var/fonts: the first start takes seconds, the next none.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import brotli
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).resolve().parent.parent / "templates" / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}
LATIN = "U+0020-007E,U+00A0-017F,U+02BC,U+0300-0304,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+20AC"
SIGNS = "U+2190-2193,U+2212,U+2248,U+2260,U+2264,U+2265,U+25CB,U+25CF,U+2713"
KHMER = "U+1780-17FF,U+19E0-19FF,U+200B-200D,U+25CC"
KHMER_NAME = ",".join(
    f"U+{ord(sign):04X}" for sign in sorted(set("ភាសាខ្មែរ"))
)  # its own name, on pages in other languages
FONTS = {  # served name -> (wheel, file, characters)
    "latin.woff2": ("fontpkg_noto_sans", "NotoSans[wdth,wght].ttf", f"{LATIN},{SIGNS}"),
    "khmer.woff2": ("fontpkg_noto_sans_khmer", "NotoSansKhmer[wdth,wght].ttf", KHMER),
    "khmer-name.woff2": ("fontpkg_noto_sans_khmer", "NotoSansKhmer[wdth,wght].ttf", KHMER_NAME),
}


@dataclass(frozen=True, slots=True)
class Asset:
    content_type: str
    plain: bytes
    gzip: bytes | None
    brotli: bytes | None

    def encoded(self, accepted: str) -> tuple[bytes, str | None]:
        """The smallest form the browser takes, and its name."""
        if self.brotli is not None and "br" in accepted:
            return self.brotli, "br"
        if self.gzip is not None and "gzip" in accepted:
            return self.gzip, "gzip"
        return self.plain, None


class Assets:
    """Everything under /static, by its hashed name; `url` maps the plain name to it."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._files: dict[str, Asset] = {}
        self._urls: dict[str, str] = {}
        for name in sorted(sources, key=lambda name: name.endswith(".css")):  # style sheets last: they name fonts
            self._add(name, self._with_urls(sources[name]) if name.endswith(".css") else sources[name])

    def _add(self, name: str, content: bytes) -> None:
        stem, dot, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}{dot}{suffix}"
        small = suffix != "woff2"  # woff2 is brotli already
        self._files[hashed] = Asset(
            content_type=TYPES[f".{suffix}"],
            plain=content,
            gzip=gzip.compress(content, 9, mtime=0) if small else None,
            brotli=brotli.compress(content) if small else None,
        )
        self._urls[name] = f"/static/{hashed}"

    def _with_urls(self, style: bytes) -> bytes:
        return re.sub(rb"url\(([\w.-]+)\)", lambda found: f"url({self.url(found[1].decode())})".encode(), style)

    def url(self, name: str) -> str:
        return self._urls[name]

    def respond(self, request: Request) -> Response:
        asset = self._files.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        body, encoding = asset.encoded(request.headers.get("accept-encoding", ""))
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, media_type=asset.content_type, headers=headers)


def load_assets(var_dir: Path) -> Assets:
    """Our own files, htmx joined with our script so that one request brings both, and the fonts."""
    sources = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in (".css", ".svg")}
    scripts = [htmx_path(), *sorted(STATIC.glob("*.js"))]
    sources["offline.js"] = (STATIC / "offline" / "page.js").read_bytes()  # only where it was asked for
    sources["app.js"] = b"\n".join(path.read_bytes() for path in scripts)
    sources |= {path.name: path.read_bytes() for path in make_fonts(var_dir / "fonts")}
    return Assets(sources)


def htmx_path() -> Path:
    return _wheel_folder("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js"


def _wheel_folder(module: str) -> Path:
    found = find_spec(module)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"the package {module} is not installed: run the set-up again")
    return Path(found.origin).parent


def make_fonts(folder: Path) -> Iterable[Path]:
    """The fonts pages load, made once per version of their wheels."""
    for name, (wheel, file, characters) in FONTS.items():
        recipe = hashlib.sha256(f"{version(wheel)} {file} {characters}".encode()).hexdigest()[:10]
        made = folder / recipe / name
        if not made.exists():
            made.parent.mkdir(parents=True, exist_ok=True)
            _subset(_wheel_folder(wheel) / "files" / file, made, characters)
        yield made


def _subset(source: Path, target: Path, characters: str) -> None:
    """Keep these characters, weights 400 to 700 and the normal width."""
    from fontTools.subset import Options, Subsetter, parse_unicodes  # costs half a second, only at set-up
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    with TTFont(source) as font:
        subsetter = Subsetter(Options(layout_features=["*"], notdef_outline=True, hinting=False))
        subsetter.populate(unicodes=parse_unicodes(characters))
        subsetter.subset(font)
        small = instantiateVariableFont(font, {"wdth": 100, "wght": (400, 700)})
        small.flavor = "woff2"
        partial = target.with_suffix(f".{os.getpid()}.part")  # two processes may start at once
        small.save(partial)
        partial.rename(target)  # a start cut short leaves no half font
