"""What the accessibility statement says: what was tested and how, and what is known to be missing.

Each tested line names the tests that hold it true; tests/server/test_accessibility.py fails when one of them is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.wording import N_

BROWSER = "tests/browser/test_accessibility.py"


@dataclass(frozen=True, slots=True)
class Tested:
    """One sentence of the statement, and the tests behind it."""

    sentence: str
    tests: tuple[str, ...]


TESTED = (
    Tested(
        N_(
            "Every page for people who answer, and every page for facilitators, is checked with the rules of axe for "
            "WCAG 2.0, 2.1 and 2.2, levels A and AA: in English and Khmer, on a phone and on a desktop, empty, with "
            "something missing, with something wrong, saved, handed in, closed and without a connection."
        ),
        (
            f"{BROWSER}::test_answering",
            f"{BROWSER}::test_other_states",
            f"{BROWSER}::test_facilitators_pages",
            f"{BROWSER}::test_faults_would_be_found",
        ),
    ),
    Tested(
        N_(
            "No page is wider than 320 pixels, the width that is left when a common screen is enlarged to 400 %. Only "
            "wide tables scroll, inside their own frame."
        ),
        (f"{BROWSER}::test_answering", "tests/browser/test_facilitating.py::test_hard_names_fit_a_narrow_page"),
    ),
    Tested(
        N_(
            "A whole page is answered with the keyboard alone: one tab stop for each question, arrow keys choose, and "
            "the focus can always be seen."
        ),
        (f"{BROWSER}::test_keyboard_alone", f"{BROWSER}::test_focus_is_visible"),
    ),
    Tested(
        N_(
            "After a page was sent, the focus stands on what is missing or wrong, which is announced and leads to the "
            "question. What was saved is announced without moving the focus."
        ),
        (f"{BROWSER}::test_keyboard_alone", f"{BROWSER}::test_what_is_wrong_is_focused_and_linked"),
    ),
    Tested(
        N_(
            "Each question is a group with its own name; each point of a scale says its number, and the ends say what "
            "they mean. Every text carries the language it is written in."
        ),
        (f"{BROWSER}::test_a_screen_reader_hears_question_and_point",),
    ),
    Tested(
        N_("Dark screens, high contrast with forced colours, and reduced motion are checked with the same rules."),
        (f"{BROWSER}::test_other_eyes",),
    ),
    Tested(
        N_("Points of a scale are at least 24 pixels wide and 44 pixels high on the narrowest phone."),
        (f"{BROWSER}::test_touch_targets",),
    ),
    Tested(
        N_("Everything can be answered and handed in without scripts, and read in order without style sheets."),
        (
            "tests/browser/test_whole_round.py::test_whole_round",
            "tests/browser/test_plain_browsers.py::test_without_scripts_and_style",
        ),
    ),
    Tested(
        N_("Every chart stands beside a table with the same numbers, and says in a sentence what it shows."),
        ("tests/server/test_trend_page.py::test_it_works", "tests/analysis/test_charts.py::test_svg_names_itself"),
    ),
)
GAPS = (
    N_(
        "Nobody has yet tried the pages with the screen readers NVDA, VoiceOver and TalkBack in daily use: names, "
        "roles and order were checked by program only."
    ),
    N_("The automatic tests run in Chromium; Firefox and Safari were not tested by program."),
    N_("The Khmer wording is a draft that awaits a native reviewer."),
    N_(
        "The eleven points of a scale stand in one row: on the narrowest phone they are 26 pixels wide, less than the "
        "44 pixels that the strictest level (AAA) asks for."
    ),
    N_(
        "PDF files are tagged (PDF/UA-1), but no screen reader was tried on them. The pages they are made of say the "
        "same."
    ),
    N_("The QR code on a paper form cannot be read by eye or ear: the code in letters stands beside it."),
)
