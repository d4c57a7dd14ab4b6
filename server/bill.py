"""The software bill of materials: what is installed beside Rapport, from its own metadata, in CycloneDX 1.5 JSON."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution, distributions
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement

NAME = "rapport"


def bill() -> dict[str, Any]:
    """Every distribution that Rapport needs, directly or through others. The same installation gives the same bytes."""
    installed = {_key(one.metadata["Name"]): one for one in distributions()}
    needed = _needed(installed)
    parts = [_component(installed[key]) for key in sorted(needed) if key != NAME]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, repr([(one['name'], one['version']) for one in parts]))}",
        "version": 1,
        "metadata": {"component": {**_component(distribution(NAME)), "type": "application"}},
        "components": parts,
        "dependencies": [
            {"ref": _ref(installed[key]), "dependsOn": [_ref(installed[one]) for one in sorted(needed[key])]}
            for key in sorted(needed)
        ],
    }


def _needed(installed: dict[str, Distribution]) -> dict[str, set[str]]:
    """Reached from Rapport's own list: name -> what it needs of what is installed."""
    found: dict[str, set[str]] = {}
    waiting = [NAME]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = {one for one in _requirements(installed[key]) if one in installed}
            waiting += found[key]
    return found


def _requirements(one: Distribution) -> set[str]:
    read = [Requirement(text) for text in one.requires or ()]
    return {_key(need.name) for need in read if need.marker is None or need.marker.evaluate({"extra": ""})}


def _component(one: Distribution) -> dict[str, Any]:
    name, meta = one.metadata["Name"], one.metadata
    component: dict[str, Any] = {"type": "library", "name": name, "version": one.version, "bom-ref": _ref(one)}
    component["purl"] = _ref(one)
    if licence := next(iter(meta.get_all("License-Expression") or ()), ""):
        component["licenses"] = [{"expression": licence}]
    elif named := [text.rpartition(" :: ")[2] for text in meta.get_all("Classifier") or () if text[:7] == "License"]:
        component["licenses"] = [{"license": {"name": text}} for text in named]
    return component


def _ref(one: Distribution) -> str:
    return f"pkg:pypi/{_key(one.metadata['Name'])}@{one.version}"


def _key(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
