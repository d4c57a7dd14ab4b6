"""docs/statistics.md names only what exists, and every room of `analysis` that computes a number is on it."""

from __future__ import annotations

import ast
import re
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
MODULES = {path.stem for path in (ROOT / "analysis").glob("*.py")} - {"__init__"}
QUOTED = set(re.findall(r"`([^`\n]+)`", PAGE))
NAMES = sorted(name for name in QUOTED if re.fullmatch(r"[a-z_]+(\.\w+)+", name) and name.split(".")[0] in MODULES)
# what only carries, draws or searches, and what the page names by the module that calls it
SILENT = {
    *(
        "estimates",
        "drawing",
        "charts",
        "small_multiples",
        "profiles",
        "network",
        "published",
        "equations",
        "programs",
        "truth",
    ),
    *("attack", "witnesses", "companions", "populations", "corners", "widths", "extremes", "spreads", "cell_sums"),
    *("binormal", "proportional_odds", "simplex", "permutation", "fit_indices", "small_multiples"),
}


@pytest.mark.parametrize("name", NAMES)
def test_name_on_the_page_exists(name: str) -> None:
    module, *path = name.split(".")
    reduce(getattr, path, import_module(f"analysis.{module}"))


def test_the_page_names_many() -> None:
    assert len(NAMES) > 60


@pytest.mark.parametrize("module", sorted(MODULES - SILENT))
def test_module_is_on_the_page(module: str) -> None:
    assert any(name == module or name.startswith(f"{module}.") for name in QUOTED), module


def test_quoted_files_exist() -> None:
    for name in QUOTED:
        if re.fullmatch(r"[\w/]+\.py", name):
            assert (ROOT / name).is_file(), name


def test_links_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in _headings()}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert target[1:] in headings if target.startswith("#") else (ROOT / "docs" / target).exists(), target


def _headings() -> list[str]:
    return [line for line in PAGE.splitlines() if line.startswith("#")]


def test_tables_are_whole() -> None:
    """Every row of a table has as many cells as its head."""
    width = 0
    for line in PAGE.splitlines():
        cells = line.count("|") if line.startswith("|") else 0
        assert not (cells and width and cells != width), line
        width = cells


@pytest.mark.parametrize("module", sorted(MODULES))
def test_public_functions_are_explained(module: str) -> None:
    tree = ast.parse((ROOT / "analysis" / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module}.{node.name}"
