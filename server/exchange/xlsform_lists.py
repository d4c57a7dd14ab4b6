"""The lists of choices of an XLSForm: scales, where they are numbers that follow each other, and choices."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.exchange.xlsform_sheets import Findings, Line
from server.wording import N_
from surveys.instruments import Texts

NON_ANSWERS = ("cannot_judge", "prefer_not", "dk", "dont_know", "na", "n_a", "refused", "cj", "pn")
FEWEST_POINTS, MOST_POINTS, MOST_CHOICES, FINEST = 3, 101, 50, 1000
WHOLE = re.compile(r"-?\d{1,4}")
NUMBER = re.compile(r"-?\d{1,5}(\.\d{1,4})?")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


@dataclass
class Choices:
    """lists: name -> code -> texts. scales: code -> a scale as data. used: by some rating. free: used by nothing."""

    lists: dict[str, dict[str, Texts]] = field(default_factory=dict)
    scales: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)

    def add_range(self, line: Line, findings: Findings) -> str:
        """The scale of a `range` row, by its parameters; empty with a fault."""
        given = dict(re.findall(r"(start|end|step)\s*=\s*([^\s,;]+)", line["parameters"].casefold()))
        low, high, step = (
            number(given.get(name, other)) for name, other in (("start", "1"), ("end", "10"), ("step", "1"))
        )
        if low is None or high is None or step is None or not low < high or step <= 0 or (high - low) / step > FINEST:
            findings.fault(line.at("parameters"), N_("A range needs parameters such as start=0 end=10 step=1."))
            return ""
        whole = step == int(step) and low == int(low)
        if whole and (step != 1 or high - low + 1 > MOST_POINTS):
            findings.fault(
                line.at("parameters"),
                N_("A scale of whole numbers goes up in steps of 1 and has at most {count} points."),
                count=MOST_POINTS,
            )
            return ""
        code = f"range_{low:g}_{high:g}".replace(".", "_").replace("-", "m") + ("" if whole else "_fine")
        self.scales.setdefault(code, {"low": low, "high": high, "whole": whole})
        return code


def number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def read_choices(sheets: Mapping[str, list[Line]], findings: Findings) -> Choices:
    found = Choices()
    for line in sheets.get("choices", []):
        _add(line, found, findings)
    for name, choices in found.lists.items():
        scale = _scale_of(choices)
        if scale is not None:
            found.scales[name] = scale
        elif len(choices) > MOST_CHOICES:
            findings.fault(
                "choices!A1", N_("The list “{name}” has more than {count} choices."), name=name, count=MOST_CHOICES
            )
    for line in sheets.get("scales", []):
        _add_fine(line, found, findings)
    asked = {part for line in sheets["survey"] for part in line["type"].split()[1:2]}
    found.free = {name for name in found.scales if name not in asked}
    return found


def _add(line: Line, found: Choices, findings: Findings) -> None:
    listed, name = line["list_name"], line["name"] or line["value"]
    if not listed or not name:
        findings.fault(
            line.at("name" if listed else "list_name"), N_("A choice needs the name of its list and a name.")
        )
    elif not NAME.fullmatch(name):
        findings.fault(line.at("name"), N_("The name of a choice holds letters, digits, _ - and . only."))
    elif name in found.lists.setdefault(listed, {}):
        findings.fault(line.at("name"), N_("The choice “{name}” stands in the list twice."), name=name)
    else:
        texts = line.texts("label")
        if not texts:
            findings.fault(line.at("label"), N_("The row has no label."))
        found.lists[listed][name] = texts


def _scale_of(choices: Mapping[str, Texts]) -> dict[str, Any] | None:
    """The scale that these choices make, whatever they say of not answering: that is offered beside every scale."""
    points = [name for name in choices if name not in NON_ANSWERS]
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS or not all(WHOLE.fullmatch(name) for name in points):
        return None
    values = sorted(int(name) for name in points)
    if values != list(range(values[0], values[0] + len(values))):
        return None
    by_value = {int(name): choices[name] for name in points}
    low, high = values[0], values[-1]
    return {
        "low": low,
        "high": high,
        "low_label": _said(by_value[low], low),
        "high_label": _said(by_value[high], high),
    }


def _said(texts: Texts, point: int) -> Texts:
    """The words of an end, without the bare number and without a number in front of the words."""
    begin = re.compile(rf"^{point}\s*[.:=,)–-]\s*")
    return {language: begin.sub("", text) for language, text in texts.items() if text != str(point)}


def _add_fine(line: Line, found: Choices, findings: Findings) -> None:
    low, high = number(line["low"]), number(line["high"])
    if not line["scale"] or low is None or high is None or not low < high:
        findings.fault(line.at("low"), N_("A scale needs a name and two ends, the lower one first."))
        return
    whole = line["whole"].casefold() in ("yes", "true")
    labels = {"low_label": line.texts("low_label"), "high_label": line.texts("high_label")}
    found.scales[line["scale"]] = {"low": low, "high": high, "whole": whole, **labels}
