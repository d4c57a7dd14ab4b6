"""An XLSForm as an instrument of Rapport: what can be asked here, and for everything else a fault with its cell.

Groups with ratings are constructs, one rating is one item; ratings inside the repeat `partners` are asked about each
partner; other choices, months and texts are asked about the person or in the respondent's own words. Pure.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from server.exchange.xlsform_lists import Choices, read_choices
from server.exchange.xlsform_parts import Form
from server.exchange.xlsform_settings import dyadic, headlines, retired, settings
from server.exchange.xlsform_sheets import Fault, Findings, Gettext, Line, read_sheets
from server.exchange.xlsform_walk import Walk
from server.wording import N_
from surveys.instruments import Instrument


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a form: an instrument, or faults; and what was left out of it."""

    instrument: Instrument | None
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def read_xlsform(content: bytes, gettext: Gettext, *, code: str = "", version: int = 0) -> Read:
    """Read a workbook. code, version: in place of those the form gives itself."""
    findings = Findings(gettext)
    sheets = read_sheets(content, findings)
    instrument = None
    if sheets and not findings.faults:
        choices = read_choices(sheets, findings)
        form = Walk(choices, findings).walk(sheets["survey"])
        body = _body(form, choices, sheets, findings)
        if not findings.faults:
            instrument = _checked(
                body | ({"code": code} if code else {}) | ({"version": version} if version else {}), findings
            )
    if instrument is not None and not findings.faults:
        _ask_pyxform(content, findings)
    return Read(None if findings.faults else instrument, tuple(findings.faults), tuple(findings.notes))


def _body(form: Form, choices: Choices, sheets: Mapping[str, list[Line]], findings: Findings) -> dict[str, Any]:
    """The instrument as data, settings and headlines included."""
    scales = {code: scale for code, scale in choices.scales.items() if code in choices.used or code in choices.free}
    return {
        **settings(sheets, form.constructs, findings),
        "scales": scales,
        "constructs": list(form.constructs.values()),
        "headlines": headlines(sheets, form.constructs, findings),
        "items": [item for _, item in sorted(form.items, key=lambda one: one[0])],
        "dyadic": dyadic(sheets, form.contact, form.dyads, findings),
        "importance": form.importance,
        "background": form.background,
        "open_questions": form.open_questions,
        "retired": retired(sheets),
    }


def _checked(body: Mapping[str, Any], findings: Findings) -> Instrument | None:
    try:
        return Instrument.model_validate(body)
    except ValidationError as problem:
        for one in problem.errors()[:10]:
            where = ".".join(str(part) for part in one["loc"])
            findings.fault("", "{where}: {what}", where=where or "form", what=one["msg"].removeprefix("Value error, "))
        return None


def _ask_pyxform(content: bytes, findings: Findings) -> None:
    """Whether other tools would take the form too. What pyxform says is repeated with the cell it names."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    try:
        convert(xlsform=io.BytesIO(content), file_type=".xlsx", warnings=[])
    except PyXFormError as problem:
        row = re.search(r"\[row : (\d+)\]", str(problem))
        findings.fault(f"survey!A{row[1]}" if row else "", "{what}", what=str(problem).splitlines()[0][:300])
    except Exception as problem:  # a checker's own failure must not become ours
        findings.fault("", N_("Other tools cannot read this form ({kind})."), kind=type(problem).__name__)
