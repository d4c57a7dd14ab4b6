import gzip
import re

import brotli
import pytest
from fontTools.ttLib import TTFont

from server.assets import htmx_path, load_assets, make_fonts


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    return {path.name: path for path in make_fonts(tmp_path_factory.mktemp("fonts"))}


@pytest.fixture(scope="module")
def assets(tmp_path_factory, fonts):
    return load_assets(fonts["latin.woff2"].parents[2])


def test_htmx_is_the_version_we_tested():
    assert b'version:"2.0.10"' in htmx_path().read_bytes()


def test_style_names_fonts_by_their_content(assets):
    style = assets._files[assets.url("app.css").removeprefix("/static/")].plain.decode()
    assert set(re.findall(r"url\((.*?)\)", style)) == {
        assets.url(name) for name in ("latin.woff2", "khmer.woff2", "khmer-name.woff2")
    }


def test_text_names_its_character_set(assets):
    written = {one.content_type for one in assets._files.values() if not one.content_type.startswith("font/")}
    assert "image/svg+xml; charset=utf-8" in written
    assert all(kind.endswith("; charset=utf-8") for kind in written)


def test_compressed_forms_are_the_same_file(assets):
    script = assets._files[assets.url("app.js").removeprefix("/static/")]
    assert gzip.decompress(script.gzip) == script.plain
    assert brotli.decompress(script.brotli) == script.plain
    assert script.encoded("gzip, deflate, br") == (script.brotli, "br")
    assert script.encoded("gzip") == (script.gzip, "gzip")
    assert script.encoded("") == (script.plain, None)


def test_fonts_are_small_and_whole(fonts):
    sizes = {name: path.stat().st_size for name, path in fonts.items()}
    assert sizes["khmer.woff2"] < 48_000
    assert sizes["latin.woff2"] < 48_000
    assert sizes["khmer-name.woff2"] < 6_000
    with TTFont(fonts["khmer.woff2"]) as khmer:
        assert {ord(sign) for sign in "ក្សស្ត្រី០១២"} <= set(khmer.getBestCmap())


def test_nothing_names_another_host(assets):
    for name, file in assets._files.items():
        if not name.startswith(("app.", "icon.")) or name.endswith(".js"):
            continue
        assert b"//" not in file.plain.replace(b"http://www.w3.org/2000/svg", b"")
