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


def go_on(page: Page) -> None:
    page.locator("#answers button[name=go][value=on]").click()


def begin(page: Page, link: str) -> None:
    """Open a personal link and go to the first page of questions."""
    page.goto(link)
    page.wait_for_url("**/answer")
    page.locator("main .actions a.button").first.click()


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
    page.locator("#hand-in button").click()
    page.wait_for_url("**/handed-in")


def draft_position(page: Page, person: int) -> None:
    """The position about every partner, and the proposal."""
    page.goto("/position")
    page.locator("main .rows a").first.click()
    while page.url.rstrip("/").rpartition("/")[2] != "position":
        fill_page(page, person)
        go_on(page)
    page.locator("form[action='/position/act/propose'] button").click()


def sign_position(page: Page) -> None:
    page.goto("/position")
    page.locator("form[action='/position/act/sign'] button").click()
