"""How people walk through a round in a browser: by hand, or quickly through the same pages and the same buttons."""

from __future__ import annotations

import re

from playwright.sync_api import Page

# What a person would tap, in one step: everything else on the way is the page's own doing.
TAP = """([chosen, texts]) => {
  for (const [name, value] of Object.entries(chosen)) {
    const box = document.querySelector(`#answers input[name="${name}"][value="${value}"]`);
    if (box) box.checked = true;
  }
  for (const [name, value] of Object.entries(texts)) {
    const field = document.querySelector(`#answers [name="${name}"]`);
    if (field) field.value = value;
  }
}"""
NAMES = "() => [...new Set([...document.querySelectorAll('#answers input[type=radio]')].map(box => box.name))]"


def press(page: Page, button: str) -> None:
    """Press a button that leads to another page, and wait for that page: a click alone may return before it."""
    with page.expect_navigation():
        page.locator(button).click()


def go_on(page: Page) -> None:
    press(page, "#answers button[name=go][value=on]")


def begin(page: Page, link: str) -> None:
    """Open a personal link and go to the first page of questions."""
    page.goto(link)
    page.wait_for_url("**/answer")
    press(page, "main .actions a.button >> nth=0")


def tap(page: Page, name: str, value: str | int) -> None:
    """One answer, by hand: a tap on the label, which covers its radio button."""
    page.locator(f"label:has(input[name='{name}'][value='{value}'])").click()


def said(page: Page, words: str) -> None:
    """Wait until the line about saving begins with these words."""
    page.locator("#saved", has_text=re.compile(rf"^\s*{re.escape(words)}")).wait_for()


def fill_page(page: Page, person: int) -> None:
    """Every question of this page: points that differ between people and between questions."""
    names = page.evaluate(NAMES)
    points = {name: (7 * person + 3 * at + person * at) % 9 + 1 for at, name in enumerate(names)}
    chosen = {**points, "B1": "working", "D0": "some", "O1.audience": "all"}
    page.evaluate(TAP, [chosen, {"B2": str(6 + person), "O1": f"What person {person} remembers"}])


def answer_rest(page: Page, person: int) -> None:
    """Every page from here to the review."""
    while "/answer/part/" in page.url:
        fill_page(page, person)
        go_on(page)


def hand_in(page: Page) -> None:
    press(page, "#hand-in button")
    page.wait_for_url("**/handed-in")


def draft_position(page: Page, person: int) -> None:
    """The position about every partner, and the proposal."""
    page.goto("/position")
    press(page, "main .rows a >> nth=0")
    while page.url.rstrip("/").rpartition("/")[2] != "position":
        fill_page(page, person)
        go_on(page)
    press(page, "form[action='/position/act/propose'] button")


def sign_position(page: Page) -> None:
    page.goto("/position")
    press(page, "form[action='/position/act/sign'] button")
