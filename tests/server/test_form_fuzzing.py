"""Every form and every question of the service, filled in by nobody with good intentions, as whoever may send it.

The routes are asked from the service, the fields from its own pages, the values stand in fuzzing/nasty.py. Whatever is
sent is done or refused: nothing crashes, and what is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session
from starlette.requests import Request
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.routes import account, login, resuming
from server.settings import Settings
from tests.factories import NOW, share_fonts
from tests.server.cast import PARAMETER, Route, routes_of
from tests.server.fuzzing.nasty import FORM, NUMBERS, PARTS, WORDS, Sent, plain, requests
from tests.server.fuzzing.sending import LastingPost, Post
from tests.server.fuzzing.targets import Map, Target, targets_of
from tests.server.fuzzing.visitors import Town, Visitor
from tests.server.test_opening import CLOSED
from tests.server.test_unlocking import closed_circle

AT_LENGTH = 100  # requests for each route in the long version


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch):
    """Whoever guesses too often is refused before the form is read: here everybody may go on."""
    known = (login.attempts, login.code_attempts, login.link_attempts, account.attempts, resuming.attempts)
    for one in known:
        monkeypatch.setattr(one, "limit", 10**9)


@pytest.fixture
def targets(session, keystore, app, client):
    town = Town(session, keystore, app, client)
    visitors = list(town.visitors())  # all of them before anybody looks around: they share one browser
    return targets_of(client, Map(routes_of(app)), visitors, town.ids)


@st.composite
def addresses(draw: st.DrawFn, route: Route, target: Target, *, torn: bool) -> str:
    """The address of the form; now and then with something else in the place of an identifier."""
    if not torn or not PARAMETER.search(route.path):
        return target.path
    spelled, real = route.path.split("/"), target.path.split("/")
    at = draw(st.sampled_from([at for at, part in enumerate(spelled) if "{" in part]))
    real[at] = PARAMETER.sub(lambda _: draw(st.sampled_from(PARTS)), spelled[at])
    return "/".join(real)


Ask = Callable[[st.DataObject, Route, list[Target]], None]


def for_each(targets: list[tuple[Route, list[Target]]], examples: int, ask: Ask) -> None:
    """So many times for each route, the same ones at every run; a third of it where nothing but a page is shown."""
    for route, some in targets:
        only_shown = route.method == "GET" and not any(one.query for one in some)
        _for_one(route, some, max(examples // 3, 1) if only_shown else examples, ask)


def _for_one(route: Route, targets: list[Target], examples: int, ask: Ask) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def go_on(data: st.DataObject) -> None:
        ask(data, route, targets)

    go_on()


def pages_of(targets: list[tuple[Route, list[Target]]]) -> Callable[[Target], list[str]]:
    """The pages and files that somebody may open in the partnership a form is about."""
    known = [one for route, some in targets if route.method == "GET" for one in some]

    def near(target: Target) -> list[str]:
        at = "/".join(target.path.split("/")[:3]) if target.path.startswith("/partnerships/") else ""
        found = (one.path for one in known if one.visitor is target.visitor and one.path.startswith(at))
        return list(dict.fromkeys(found)) or ["/"]

    return near


def fuzz(post: Post, targets: list[tuple[Route, list[Target]]], examples: int, *, pages: int = 0) -> None:
    near = pages_of(targets)

    def ask(data: st.DataObject, route: Route, some: list[Target]) -> None:
        target = data.draw(st.sampled_from(some))
        only_shown = route.method == "GET" and not target.query
        path = data.draw(addresses(route, target, torn=only_shown or data.draw(st.integers(0, 9)) == 9))
        sent = data.draw(requests(target.fields, target.query, has_body=route.method != "GET"))
        then = [data.draw(st.sampled_from(near(target))) for _ in range(pages)]
        post.send(route.line, target.visitor, path, sent, *then)

    for_each(targets, examples, ask)
    print(post.summary)


def test_no_form_makes_the_service_fail(session, keystore, engine, client, targets):
    post = Post(session, keystore, client, engine)
    fuzz(post, targets, 4)
    assert not post.faults, post.told


@pytest.mark.slow
def test_no_form_makes_the_service_fail_at_length(session, keystore, engine, client, targets):
    post = Post(session, keystore, client, engine)
    fuzz(post, targets, AT_LENGTH, pages=2)
    assert not post.faults, post.told


# On a database of its own, in the service's own transactions ----------------------------------------------------------


@pytest.fixture
def service(fresh_url, keystore, tmp_path):
    """The service as it runs: a refusal takes back its rows before the page that says so is made."""
    share_fonts(tmp_path)
    app = create_app(Settings(var_dir=tmp_path, database_url=fresh_url, secret_key_file=tmp_path / "secret-key"))
    app.dependency_overrides = {
        deps.get_keystore: lambda: keystore,
        deps.read_clock: lambda: NOW,
        deps.is_second_factor_required: lambda: False,
    }
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
        yield browser
    app.state.engine.dispose()


@pytest.fixture
def lasting_targets(service, fresh_engine, keystore):
    """The town is founded in one session and committed; then the service is left to itself."""
    app = service.app
    with Session(fresh_engine, expire_on_commit=False) as session:

        def founding(request: Request) -> Iterator[Session]:
            yield session

        app.dependency_overrides[deps.open_session] = founding
        town = Town(session, keystore, app, service)
        visitors = [replace(one, looks=1) for one in town.visitors()]
        session.commit()
    del app.dependency_overrides[deps.open_session]
    return targets_of(service, Map(routes_of(app)), visitors, town.ids)


@pytest.mark.real_commit
def test_no_refusal_makes_the_service_fail(service, fresh_engine, keystore, lasting_targets):
    """Wholly spoiled forms, and addresses of nothing: nearly all of it is refused."""
    post = LastingPost(None, keystore, service, service.app.state.engine)

    def ask(data: st.DataObject, route: Route, some: list[Target]) -> None:
        target = data.draw(st.sampled_from(some))
        has_body = route.method != "GET"
        if has_body and not target.fields and not PARAMETER.search(route.path):
            return  # a button alone: nothing in it can be refused
        path = data.draw(addresses(route, target, torn=not target.fields or data.draw(st.integers(0, 9)) == 9))
        sent = data.draw(requests(target.fields, target.query, has_body=has_body, all_spoiled=True))
        post.send(route.line, target.visitor, path, sent)

    for_each(lasting_targets, 2, ask)
    print(post.summary)
    assert not post.faults, post.told


@pytest.mark.real_commit
def test_no_code_makes_the_opening_fail(service, fresh_engine, keystore):
    """These two routes commit by themselves, so that the shared session of the other tests would wait for ever."""
    service.app.dependency_overrides[deps.read_clock] = lambda: CLOSED
    round_, hands = closed_circle(fresh_engine, keystore)
    service.post("/k", data={"secret": hands[0].secret})
    for typed in (*WORDS, *NUMBERS, f"{hands[0].code} 1", hands[1].code):
        for act, field in (("open", "code"), ("lost", "sure")):
            answer = service.post(f"/keys/rounds/{round_.id}/{act}", data={field: typed.encode()})
            assert answer.status_code in (303, 422) if typed != "yes" else answer.status_code < 500, (act, typed)
    for part in PARTS:
        assert service.post(f"/keys/rounds/{part}/open", data={"code": hands[0].code}).status_code in (404, 422), part


# What is looked for is found ------------------------------------------------------------------------------------------


@pytest.fixture
def contact(session, keystore, engine, client, log_in, amina, partnership):
    """Sends the form of one contact; the faults that were noted."""
    amina_herself = Visitor("amina", dict(log_in(amina).cookies), ())
    post = Post(session, keystore, client, engine)

    def send(**fields: str) -> list[str]:
        sent = Sent("", plain([(name.encode(), text.encode()) for name, text in fields.items()]), FORM, False, "en")
        post.send("POST /contacts", amina_herself, f"/partnerships/{partnership.id}/contacts", sent)
        return [what for _, what in post.faults]

    return send


def test_a_crash_is_told_with_its_place(contact, monkeypatch):
    assert contact(person="Dara") == []
    monkeypatch.setattr("server.routes.contacts.is_readable", lambda _: 1 / 0)
    assert "ZeroDivisionError at server/routes/contacts.py" in contact(person="Dara")[0]


def test_a_refusal_that_wrote_is_told(contact, monkeypatch, amina):
    monkeypatch.setattr("server.routes.contacts.is_address", lambda _: setattr(amina, "name", "Nobody"))
    assert contact(person="Dara", email="x") == ["422, but wrote account"]
    assert amina.name == "Amina", "and nothing stays"
