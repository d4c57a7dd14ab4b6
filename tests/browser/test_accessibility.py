"""axe finds nothing on any page in two languages and two sizes; no page overflows; the keyboard alone is enough."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from surveys import accounts, rounds
from surveys.instruments import standard_instrument
from tests.browser.conftest import DESKTOP, NARROW, PHONE
from tests.browser.walking import begin, fill_page, go_on, press, said, tap
from tests.factories import PASSWORD, make_account, make_entry, make_partnership, make_round
from tests.server.conftest import make_released

OVERFLOWS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
WIDE = """() => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.right > innerWidth + 1 && box.width > 0 && !one.closest('.scroll, .hidden, .skip');
}).slice(0, 3).map(one => `${one.tagName}.${one.className} ${(one.textContent || '').trim().slice(0, 40)}`)"""
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def faults_of(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])})" for one in found]


class Look:
    """Collects what is wrong with every page looked at, so that one run names all faults."""

    def __init__(self, page, is_narrow):
        self.page, self.is_narrow, self.faults, self.n = page, is_narrow, [], 0

    def at(self, path=None):
        if path is not None:
            self.page.goto(path)
        self.n += 1
        if self.is_narrow:
            if self.page.evaluate(OVERFLOWS):
                self.faults.append(f"{self.page.url} overflows: {self.page.evaluate(WIDE)}")
        else:
            self.faults += faults_of(self.page)


@pytest.fixture(scope="module")
def facilitated(service):
    """A partnership with three releases, a round in preparation and a discussion entry; its facilitator."""
    with service.session() as session:
        partnership = make_partnership(session, instrument_code="sample")
        account = make_account(session, "devi")
        accounts.entrust(session, account, partnership.id)
        released = make_released(session, service.keystore, partnership)
        make_round(session, service.keystore, partnership=partnership, state="prepared")
        entry = make_entry(session, released[-1], question="What would help?", now=service.now)
        return partnership, account, entry.id


@pytest.fixture
def opened(service, facilitated):
    """The partnership of an open round, with the same facilitator; its links can be shown once."""
    with service.session() as session:
        round_ = make_round(session, service.keystore)
        accounts.entrust(session, facilitated[1], round_.partnership_id)
        return round_.partnership_id


@pytest.fixture
def answering(service):
    """An open round, and the link of its first person."""
    with service.session() as session:
        round_ = make_round(session, service.keystore, instrument=standard_instrument())
        first, second, *_ = rounds.invitations_of(session, round_)
        return round_, service.link_of(round_, first), service.secret_of(round_, second)


sizes = pytest.mark.parametrize("size", [PHONE, DESKTOP, NARROW], ids=["360", "1280", "320"])
languages = pytest.mark.parametrize("language", ["en", "km"])


def looking(new_context, size, language):
    page = new_context(size, locale={"en": "en-GB", "km": "km-KH"}[language]).new_page()
    return page, Look(page, size == NARROW)


def speak(page, language):
    """The invitation's own language was set when the link was opened: choose another one as a reader does."""
    press(page, f"button[name=language][value={language}]")


@sizes
@languages
def test_answering(new_context, answering, size, language):
    page, look = looking(new_context, size, language)
    _, link, other_secret = answering
    for path in ("/", "/i", "/privacy", "/stored", "/accessibility"):
        look.at(path)
    page.goto(link)
    page.wait_for_url("**/answer")
    speak(page, language)
    look.at()
    page.locator("details summary").first.click()
    look.at()
    for path in ("/privacy", "/stored"):  # of this round now
        look.at(path)
    for code in ("V", "importance", "about", "open"):
        look.at(f"/answer/part/{code}")
        go_on(page)
        if code != "open":
            look.at()  # what is missing is pointed out
    page.goto("/answer/part/open")
    page.locator("textarea").first.fill("x" * 1001)
    page.locator("textarea").first.blur()
    page.locator("#saved:not(:empty)").wait_for()  # its words may move the button
    go_on(page)
    look.at()
    look.at("/answer/part/about")
    page.locator("[name=B2]").fill("two")
    go_on(page)
    look.at()
    look.at("/position")
    press(page, "main .rows a >> nth=0")
    look.at()
    go_on(page)
    look.at()
    fill_page(page, 1)
    go_on(page)
    look.at("/position")
    press(page, "form[action='/position/act/propose'] button")
    look.at()
    page.locator("#text").fill("y" * 301)
    press(page, "form[action='/position/act/comment'] button")
    look.at()
    page.locator("#text").fill("Too low? We met every week.")
    press(page, "form[action='/position/act/comment'] button")
    look.at()
    look.at("/answer/review")
    page.context.clear_cookies(name="visit")
    look.at("/paper")
    page.get_by_role("textbox").fill(other_secret)
    press(page, "#enter button")
    look.at()
    page.locator("[name='V.V1']").fill("eleven")
    press(page, "#typing button.button")
    look.at()
    page.locator("[name='V.V1']").fill("1")
    press(page, "#typing button.button")
    look.at()
    page.goto(link)
    page.wait_for_url("**/resume")
    press(page, "form[action='/resume/restart'] button")
    page.goto("/i")
    page.get_by_role("textbox").fill(other_secret)
    press(page, "#enter button")
    look.at()
    page.goto("/answer/review")
    press(page, "#hand-in button")
    look.at()
    page.goto(link)
    page.wait_for_url("**/answer")
    look.at()
    press(page, "form[action='/finish'] button")
    look.at()
    assert look.faults == []
    assert look.n >= 33


@sizes
@languages
def test_other_states(service, new_context, answering, size, language):
    page, look = looking(new_context, size, language)
    round_, link, _ = answering
    first = new_context().new_page()
    begin(first, link)
    fill_page(first, 1)
    go_on(first)
    page.goto(link)
    page.wait_for_url("**/resume")
    speak(page, language)
    look.at()
    page.get_by_role("textbox").fill("000000")
    press(page, "form[action='/resume'] button")
    look.at()
    for path in ("/no-such-page", "/k", "/login"):
        look.at(path)
    page.locator("[name=email]").fill("nobody@example.org")
    page.locator("[name=password]").fill("wrong")
    press(page, "form[action='/login'] button")
    look.at()
    opened, service.now = service.now, round_.closes_at + timedelta(minutes=61)
    look.at("/answer")
    service.now = opened
    assert look.faults == []
    assert look.n == 7


@sizes
@languages
def test_facilitators_pages(new_context, facilitated, opened, size, language):
    page, look = looking(new_context, size, language)
    partnership, account, entry = facilitated
    page.goto("/login")
    page.locator("[name=email]").fill(account.email)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "form[action='/login'] button")
    home = f"/partnerships/{partnership.id}"
    for path in ("", "/trend", "/trend?index=construct:T&who=sides", "/rounds/3", "/rounds/3/brief", "/rounds/4"):
        look.at(home + path)
    for path in ("/rounds/4/list", "/rounds/4/dates", "/rounds/new", "/discussion", f"/discussion/{entry}"):
        look.at(home + path)
    look.at(home + "/discussion/new?round=3&target=item%3AT1")
    for path in ("/keystore", "/partnerships", f"/partnerships/{opened}", f"/partnerships/{opened}/rounds/1"):
        look.at(path)
    page.locator("form[action$='/links'] button").click()
    page.locator("code, .code").first.wait_for()
    look.at()
    assert page.locator("html").get_attribute("lang") == language
    assert look.faults == []
    assert look.n == 17


@languages
def test_pages_of_mails(new_context, facilitated, language):
    page, look = looking(new_context, PHONE, language)
    partnership, account, _ = facilitated
    page.goto("/login")
    page.locator("[name=email]").fill(account.email)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "form[action='/login'] button")
    home = f"/partnerships/{partnership.id}"
    for path in ("/rounds/4/mails", "/rounds/3/mails", "/mails", "/mails/reminder/km", "/rhythm"):
        look.at(home + path)
    assert look.faults == []
    assert look.n == 5


def test_faults_would_be_found(page):
    """The instruments themselves: a picture without words and a line that is too wide."""
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src='data:,'><p style='width:2000px'>x")
    assert any("image-alt" in fault for fault in faults_of(page))
    assert page.evaluate(OVERFLOWS)


def test_keyboard_alone(new_context, answering):
    """Skip link, then one tab stop per question; arrows choose, space takes the ones apart, Enter sends."""
    page = new_context().new_page()
    begin(page, answering[1])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    focused = "[document.activeElement.name, document.activeElement.value]"
    assert page.evaluate(focused)[0] == "V1"
    page.keyboard.press("Space")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == ["V1", "7"]
    said(page, "Saved")
    page.keyboard.press("Tab")
    assert page.evaluate(focused)[0] == "V2"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == ["go", "on"]
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.locator("input[name=V1][value='7']").is_checked()


def test_what_is_wrong_is_focused_and_linked(new_context, answering):
    """A page that comes back stands on its fault; what is missing leads to its question, inside the page."""
    page = new_context(PHONE).new_page()
    begin(page, answering[1])
    page.goto("/answer/part/about")
    page.locator("[name=B2]").fill("two")
    go_on(page)
    assert page.evaluate("document.activeElement.name") == "B2"
    assert "whole number of months" in page.locator("#B2-error").inner_text()
    assert "B2-error" in page.locator("[name=B2]").get_attribute("aria-describedby")
    page.goto("/answer/part/V")
    go_on(page)
    page.get_by_role("alert").get_by_role("link").nth(1).click()
    assert page.evaluate("location.hash") == "#q-V2"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "V2"
    assert "(part 1 of 11)" in page.title()


def test_a_screen_reader_hears_question_and_point(new_context, answering):
    """Names and roles as the browser hands them to assistive technology."""
    page = new_context().new_page()
    begin(page, answering[1])
    group = page.get_by_role("group").filter(has=page.locator("[name=V1]"))
    legend = page.locator("#q-V1 legend").inner_text()
    tree = group.aria_snapshot()
    assert tree.startswith(f'- group "{legend}"')
    scale = standard_instrument().scales["agreement"]
    ends = (f"0 , {scale.low_label['en']}", f"10 , {scale.high_label['en']}")
    for point in (*ends, "5", "I cannot judge", "I prefer not to answer"):
        assert f'radio "{point}"' in tree
    assert page.locator("#saved").get_attribute("role") == "status"


def test_focus_is_visible(new_context, answering):
    page = new_context().new_page()
    begin(page, answering[1])
    page.locator("input[name=V1][value='3']").focus()
    page.keyboard.press("ArrowRight")
    outline = page.locator("input[name=V1][value='4'] + span").evaluate("one => getComputedStyle(one).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2


def test_touch_targets(new_context, answering):
    """At 360 pixels eleven points stand side by side: each at least 24 pixels wide (WCAG 2.5.8) and 44 high."""
    page = new_context(PHONE).new_page()
    begin(page, answering[1])
    boxes = [one.bounding_box() for one in page.locator("fieldset").first.locator(".scale label").all()]
    assert len(boxes) == 11
    assert min(box["width"] for box in boxes) >= 24
    assert min(box["height"] for box in boxes) >= 44


@pytest.mark.parametrize("given", [{"color_scheme": "dark"}, {"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_other_eyes(new_context, answering, given):
    page = new_context(PHONE, **given).new_page()
    begin(page, answering[1])
    tap(page, "V1", 7)
    assert faults_of(page) == []
    page.goto("/answer")
    assert faults_of(page) == []
