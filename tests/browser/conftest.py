"""One headless browser and one running service for all browser tests; each test has a context of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from surveys import accounts
from tests.service import Service, running_service

HERE = Path(__file__).parent
NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
PHONE, DESKTOP, NARROW = (360, 760), (1280, 900), (320, 640)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser run.py found, else the one on the path. Asked for by the Playwright plugin."""
    found = os.environ.get("RAPPORT_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = "NO BROWSER on this machine: nothing was tested in one (apt-get install chromium-headless-shell)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": found, "args": [*as_root, "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", lambda: quick)
        with running_service(tmp_path_factory.mktemp("service")) as running:
            yield running


class Complaints(list[str]):
    """What the browser complained about: scripts that failed, policies that were broken, foreign hosts."""

    def watch(self, page: Page, home: str) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(f"error: {error}"))
        page.on("request", lambda sent: None if sent.url.startswith(home) else self.append(f"foreign: {sent.url}"))

    def expect(self, words: str) -> None:
        """A test that breaks the line on purpose takes out what htmx says of it."""
        assert any(words in one for one in self)
        self[:] = [one for one in self if words not in one]

    def _console(self, message: ConsoleMessage) -> None:
        expected = "Failed to load resource" in message.text  # a status above 399 that the test asserts itself
        if message.type in ("error", "warning") and not expected:
            self.append(f"{message.type}: {message.text}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Every browser test fails on a complaint it did not expect."""
    made = Complaints()
    yield made
    assert made == []


@pytest.fixture
def new_context(browser: Browser, service: Service, complaints: Complaints) -> Iterator[Callable[..., BrowserContext]]:
    """A device of its own: `new_context(size, locale="km", java_script_enabled=False)`."""
    made: list[BrowserContext] = []

    def context(size: tuple[int, int] = DESKTOP, **given: Any) -> BrowserContext:
        viewport = {"width": size[0], "height": size[1]}
        one = browser.new_context(**{"base_url": service.url, "viewport": viewport, "locale": "en-GB", **given})
        one.set_default_timeout(10_000)
        one.on("page", lambda page: complaints.watch(page, service.url))
        made.append(one)
        return one

    yield context
    for one in made:
        one.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()
