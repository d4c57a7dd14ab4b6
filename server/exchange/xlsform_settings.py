"""What an XLSForm says of itself: names, languages, headlines, the composite, and the part about partners."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from server.exchange.xlsform_sheets import Findings, Line
from server.wording import N_

CODE_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789-_"


def settings(sheets: Mapping[str, list[Line]], constructs: Collection[str], findings: Findings) -> dict[str, Any]:
    lines = sheets.get("settings", [])
    line = lines[0] if lines else Line("settings", 2, {}, {})
    languages = line["rapport_languages"].split() or _languages(sheets)
    titles = line.texts("rapport_title") or {languages[0]: line["form_title"] or line["title"] or "Questionnaire"}
    version = line["version"]
    composite = line["rapport_composite"].split()
    for code in composite:
        if code not in constructs:
            findings.fault(
                line.at("rapport_composite"),
                N_("The composite names “{name}”, which is no group with ratings."),
                name=code,
            )
    return {
        "code": _code(line["form_id"] or line["id_string"]),
        "version": int(version) if version.isdecimal() and 0 < int(version[:9]) < 10_000 else 1,
        "titles": titles,
        "languages": languages,
        "drafts": line["rapport_drafts"].split(),
        "composite": composite,
    }


def _code(text: str) -> str:
    plain = "".join(sign if sign in CODE_SIGNS else "-" for sign in text.casefold()).strip("-")
    return plain[:40] or "form"


def _languages(sheets: Mapping[str, list[Line]]) -> list[str]:
    """In the order of the columns."""
    found: dict[str, None] = {}
    for line in sheets["survey"]:
        found |= dict.fromkeys(line.texts("label"))
    return list(found) or ["en"]


def headlines(
    sheets: Mapping[str, list[Line]], constructs: Collection[str], findings: Findings
) -> list[dict[str, Any]]:
    found = []
    for line in sheets.get("headlines", []):
        named = line["constructs"].split()
        for code in named:
            if code not in constructs:
                findings.fault(
                    line.at("constructs"), N_("The headline names “{name}”, which is no group with ratings."), name=code
                )
        if not line["code"] or not named or not line.texts("label"):
            findings.fault(line.at("code"), N_("A headline needs a code, constructs and a label."))
        found.append({"code": line["code"], "constructs": named, "titles": line.texts("label")})
    return found


def dyadic(
    sheets: Mapping[str, list[Line]],
    contact: dict[str, Any] | None,
    items: list[dict[str, Any]],
    findings: Findings,
) -> dict[str, Any] | None:
    """The part about each partner; None where there is none."""
    if contact is None and not items:
        return None
    if contact is None or not items:
        findings.fault(
            "survey!A1", N_("About each partner there must be one question about contact and at least one rating.")
        )
        return None
    lines = sheets.get("settings", [])
    codes = [item["code"] for item in items]
    named = {"overall": codes[max(-2, -len(codes))], "meta": codes[-1]}
    for name in named:
        if lines and f"rapport_{name}" in lines[0].letters:
            named[name] = lines[0][f"rapport_{name}"]
    return {"contact": contact, "items": items, **named}


def retired(sheets: Mapping[str, list[Line]]) -> dict[str, str]:
    return {line["item"]: line["construct"] for line in sheets.get("retired", []) if line["item"] and line["construct"]}
