"""Goes through the survey sheet of an XLSForm, row by row, and gathers what Rapport can ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from server.exchange.xlsform_lists import Choices
from server.exchange.xlsform_parts import Form, Group
from server.exchange.xlsform_sheets import Findings, Line
from server.exchange.xlsform_words import ABOUT, EXPLANATION, IMPORTANCE, PARTNER, PARTNERS
from server.wording import N_
from surveys.instruments import Texts

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
REFERENCE = re.compile(r"\$\{\s*([^}]*)\s*\}")
MOST_ITEMS, MOST_QUESTIONS, DEEPEST = 200, 10, 10
CONDITIONS = ("relevant", "relevance", "calculation", "choice_filter", "repeat_count", "trigger")
LEFT_OUT = ("hint", "guidance_hint", "constraint", "default", "media", "image", "audio", "video", "read_only")
RECORDS: tuple[str, ...] = (
    "start",
    "end",
    "today",
    "deviceid",
    "subscriberid",
    "simserial",
    "phonenumber",
    "username",
    "email",
    "audit",
)
RECORDS += ("start-geopoint", "background-audio", "uri:deviceid", "device_id", "imei")


class Walk:
    """Goes through the survey sheet, row by row."""

    def __init__(self, choices: Choices, findings: Findings) -> None:
        self.choices, self.findings, self.form = choices, findings, Form()
        self.open: list[Group] = []

    def walk(self, lines: list[Line]) -> Form:
        for line in lines:
            if line["disabled"].casefold() not in ("yes", "true", "true()"):
                self._row(line)
        for group in self.open:
            self.findings.fault(group.line.at("type"), N_("The group “{name}” has no end."), name=group.name)
        if not self.form.items and not self.form.dyads and not self.findings.faults:
            self.findings.fault(
                "survey!A1", N_("There is no statement to rate: a select_one whose choices are numbers.")
            )
        return self.form

    def _row(self, line: Line) -> None:
        kind = " ".join(line["type"].split())
        begin = kind.casefold().replace("_", " ")
        if not kind:
            self.findings.fault(line.at("type"), N_("The row has no type."))
        elif begin in ("begin group", "begin repeat"):
            self._begin(line, is_repeat=begin == "begin repeat")
        elif begin in ("end group", "end repeat"):
            self._end(line, is_repeat=begin == "end repeat")
        elif kind.casefold() in RECORDS:
            self.findings.note(
                line.at("type"),
                N_("“{kind}” is left out: Rapport never records when, where or on what somebody answers."),
                kind=kind,
            )
        else:
            self._question(line, kind)

    def _begin(self, line: Line, *, is_repeat: bool) -> None:
        self._refuse_conditions(line)
        if len(self.open) >= DEEPEST:
            self.findings.fault(line.at("type"), N_("Groups lie in each other more than {count} deep."), count=DEEPEST)
        if is_repeat and (line["name"] != PARTNERS or self.open):
            self.findings.fault(
                line.at("type"),
                N_("A repeat is possible only for the questions about each partner, under the name “{name}”."),
                name=PARTNERS,
            )
        self.open.append(Group(line["name"], line, is_repeat, line.texts("label")))
        if line["name"] == IMPORTANCE:
            self.form.importance = self._texts(line)

    def _end(self, line: Line, *, is_repeat: bool) -> None:
        if not self.open or self.open[-1].is_repeat != is_repeat:
            self.findings.fault(line.at("type"), N_("Nothing of this kind is open here: begin and end do not match."))
            return
        self.open.pop()

    def _question(self, line: Line, kind: str) -> None:
        self._refuse_conditions(line)
        word, _, rest = kind.partition(" ")
        word, inside = word.casefold(), self.open[-1].name if self.open else ""
        if word == "note":
            self._note(line)
        elif inside == PARTNERS and word == "text":
            if line["name"] != PARTNER:
                self._contact(line, {})
        elif word in ("select_one", "range", "select") and inside == IMPORTANCE:
            self._scale(line, word, rest)
        elif word in ("select_one", "select"):
            self._select(line, word, rest, inside)
        elif word == "range":
            self._rating(line, self._scale(line, word, rest), inside)
        elif word in ("integer", "int") and inside != PARTNERS:
            self._asked(line, "months", self.form.background)
        elif word in ("text", "string") and inside != PARTNERS:
            is_about = inside == ABOUT
            self._asked(line, "open", self.form.background if is_about else self.form.open_questions)
        else:
            self.findings.fault(
                line.at("type"),
                N_("“{kind}” cannot be asked here: only ratings, choices, months and texts can."),
                kind=kind[:60],
            )

    def _note(self, line: Line) -> None:
        group = self.open[-1] if self.open else None
        if group is not None and line["name"] == group.name + EXPLANATION:
            group.explanations = self._texts(line)
            if group.name in self.form.constructs:
                self.form.constructs[group.name]["explanations"] = group.explanations
        else:
            self.findings.note(
                line.at("type"),
                N_("This note is left out: only a note called “{name}” is shown, above its group."),
                name=(group.name if group else "T") + EXPLANATION,
            )

    def _select(self, line: Line, word: str, rest: str, inside: str) -> None:
        listed, _, more = rest.partition(" ")
        if more:
            self.findings.fault(
                line.at("type"), N_("“{more}” is not possible after the name of the list."), more=more[:40]
            )
        elif listed not in self.choices.lists:
            self.findings.fault(
                line.at("type"), N_("There is no list “{name}” in the sheet choices."), name=listed[:60]
            )
        elif inside == PARTNERS and self.form.contact is None and listed == line["name"]:
            self._contact(line, self.choices.lists[listed])
        elif listed in self.choices.scales and inside != ABOUT:
            self._rating(line, self._scale(line, word, rest), inside)
        elif inside == PARTNERS:
            self._contact(line, self.choices.lists[listed])
        else:
            self._asked(line, "choice", self.form.background, self.choices.lists[listed])

    def _scale(self, line: Line, word: str, rest: str) -> str:
        """The code of the scale of this row; empty with a fault."""
        code = line["rapport_scale"] if word == "range" else rest.partition(" ")[0]
        if word == "range" and not code:
            code = self.choices.add_range(line, self.findings)
        if code and code not in self.choices.scales:
            self.findings.fault(
                line.at("type"),
                N_("The choices of “{name}” are no scale: they must be whole numbers that follow each other."),
                name=code[:60],
            )
            return ""
        self.choices.used.add(code)
        return code

    def _rating(self, line: Line, scale: str, inside: str) -> None:
        code = self._code(line)
        if not scale or not code:
            return
        given = {
            "code": code,
            "texts": self._texts(line),
            "facet": line["rapport_facet"],
            "source": line["rapport_source"],
            "scale": scale,
        }
        if inside == PARTNERS:
            marks = {"short_form": _yes(line["rapport_short_form"]), "in_trust": _yes(line["rapport_in_trust"])}
            self.form.dyads.append(given | marks)
        elif not inside:
            self.findings.fault(
                line.at("name"),
                N_("“{name}” stands in no group: a group is a topic, and its ratings belong to it."),
                name=code,
            )
        elif self._construct(self.open[-1]):
            self._item(line, given)

    def _item(self, line: Line, given: dict[str, Any]) -> None:
        order = line["rapport_order"]
        place = int(order) if order.isdecimal() and len(order) < 6 else len(self.form.items) + 1
        given |= {"construct": self.open[-1].name, "reverse": _yes(line["rapport_reverse"])}
        given |= {"in_index": not _yes(line["rapport_not_in_index"]), "series": line["rapport_series"]}
        condition = line["rapport_condition"]
        if condition and condition not in ("external_lead", "several_external", "from_round_2"):
            self.findings.fault(
                line.at("rapport_condition"),
                N_("“{name}” is no condition; possible are external_lead, several_external and from_round_2."),
                name=condition[:60],
            )
        self.form.items.append((place, given | ({"condition": condition} if condition else {})))
        if len(self.form.items) == MOST_ITEMS + 1:
            self.findings.fault(
                line.at("type"), N_("There are more than {count} statements: nobody would finish."), count=MOST_ITEMS
            )

    def _construct(self, group: Group) -> bool:
        """Make a construct of the group at its first rating."""
        if group.is_construct:
            return True
        if not CODE.fullmatch(group.name):
            self.findings.fault(
                group.line.at("name"),
                N_("A name begins with a letter and holds letters, digits and _ only, at most {count}."),
                count=40,
            )
            return False
        if not self._is_new(f"{group.name} ", group.line):  # a group may be called like a question inside it
            return False
        body = {"code": group.name, "titles": self._texts(group.line), "explanations": group.explanations}
        self.form.constructs[group.name], group.is_construct = body, True
        return True

    def _contact(self, line: Line, listed: Mapping[str, Texts]) -> None:
        code = self._code(line)
        if self.form.contact is not None:
            self.findings.fault(
                line.at("type"), N_("One question about contact is possible, and only ratings after it.")
            )
        elif code:
            choices = [{"code": name, "texts": texts} for name, texts in listed.items()]
            self.form.contact = {"code": code, "texts": self._texts(line), "choices": choices}

    def _asked(
        self, line: Line, kind: str, into: list[dict[str, Any]], choices: Mapping[str, Texts] | None = None
    ) -> None:
        code = self._code(line)
        if not code:
            return
        listed = [{"code": name, "texts": texts} for name, texts in (choices or {}).items()]
        into.append({"code": code, "texts": self._texts(line), "kind": kind, "choices": listed})
        if len(into) == MOST_QUESTIONS + 1:
            self.findings.fault(
                line.at("type"),
                N_("More than {count} questions about the person, or texts, are too many."),
                count=MOST_QUESTIONS,
            )

    def _code(self, line: Line) -> str:
        code = line["name"]
        if not CODE.fullmatch(code):
            self.findings.fault(
                line.at("name"),
                N_("A name begins with a letter and holds letters, digits and _ only, at most {count}."),
                count=40,
            )
            return ""
        return code if self._is_new(code, line) else ""

    def _is_new(self, code: str, line: Line) -> bool:
        before = self.form.names.setdefault(code, line.at("name"))
        if before != line.at("name"):
            self.findings.fault(
                line.at("name"), N_("The name “{name}” stands in {cell} already."), name=code.strip(), cell=before
            )
            return False
        return True

    def _texts(self, line: Line) -> Texts:
        """The label in every language, with the partner's name as Rapport marks it."""
        texts = line.texts("label")
        if not texts:
            self.findings.fault(line.at("label"), N_("The row has no label."))
        inside = bool(self.open) and self.open[-1].name == PARTNERS
        for language, text in texts.items():
            for name in REFERENCE.findall(text):
                if not (inside and name.strip() == PARTNER):
                    self.findings.fault(
                        line.at(f"label::{language}"),
                        N_("The text refers to “{name}”: answers cannot be repeated in later questions."),
                        name=name[:40],
                    )
        return {language: REFERENCE.sub("{partner}", text) for language, text in texts.items()}

    def _refuse_conditions(self, line: Line) -> None:
        for column in line.cells:
            plain = column.partition("::")[0]
            if plain in CONDITIONS:
                self.findings.fault(
                    line.at(column), N_("“{column}” is not possible: everybody is asked the same."), column=plain
                )
            elif plain in LEFT_OUT or plain.startswith("media"):
                self.findings.note(line.at(column), N_("“{column}” is left out."), column=plain)


def _yes(text: str) -> bool:
    return text.casefold() in ("yes", "true", "1", "true()")
