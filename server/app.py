"""The only place where things meet."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from server import problems
from server.api.app import ADDRESS, create_api
from server.assets import load_assets
from server.deps import NotLoggedIn, SecondFactorMissing
from server.desk import LEVEL, WORTH_PACKING, Desk, FrontDesk
from server.logs import drop_words
from server.metrics import NOTHING_OBSERVED, Tally
from server.respondents import GoTo
from server.routes import (
    about,
    accessibility,
    account,
    accounts,
    answering,
    approving,
    beginning,
    briefs,
    cancelling,
    charter,
    charter_acts,
    charter_papers,
    charts,
    commitments,
    comparing,
    concerns,
    contacts,
    dispute_steps,
    disputes,
    dyads,
    enrolling,
    entering,
    exporting,
    facts,
    findings,
    first_steps,
    handing_in,
    health,
    helping,
    holding,
    inviting,
    joining,
    keeping,
    keys,
    keystore,
    lessons,
    letters,
    login,
    mail_texts,
    mailings,
    meetings,
    members,
    notices,
    offline,
    one_account,
    paper,
    partnerships,
    people,
    positions,
    previewing,
    principles,
    printing,
    questionnaires,
    recording,
    records,
    registers,
    remarks,
    replying,
    resuming,
    rhythm,
    rounds,
    setup,
    signing,
    sureness,
    tokens,
    trends,
)
from server.security import Gate, Sealer, read_secret_key
from server.settings import Settings
from surveys.database import make_engine
from surveys.keystore import Keystore
from surveys.problems import SurveyProblem

ROUTES = (
    answering,  # first: asked for most
    handing_in,
    entering,
    exporting,
    tokens,
    notices,
    helping,
    accessibility,
    login,
    joining,
    enrolling,
    account,
    records,  # before one_account: "log" must not be taken for an account
    accounts,
    one_account,
    people,
    resuming,
    offline,
    paper,
    positions,
    remarks,
    beginning,  # before partnerships: "new" must not be taken for one
    first_steps,
    previewing,
    partnerships,
    trends,
    charts,
    dyads,
    comparing,
    keys,
    holding,
    keystore,
    questionnaires,
    contacts,
    approving,
    setup,  # before rounds: "new" must not be taken for the number of a round
    inviting,
    cancelling,
    letters,
    rhythm,
    mailings,
    mail_texts,
    printing,
    facts,
    rounds,
    briefs,
    sureness,
    findings,
    commitments,
    keeping,
    health,
    signing,
    charter,
    charter_papers,  # before acts: "paper" must not be taken for one of them
    charter_acts,
    members,
    about,
    registers,
    principles,
    lessons,
    meetings,
    recording,
    replying,
    concerns,
    disputes,
    dispute_steps,
)


class Service(FastAPI):
    """The application with its gate outside of everything: pages of faults pass it too."""

    gate: ASGIApp

    async def framework(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self.gate(scope, receive, send)


def create_app(settings: Settings) -> FastAPI:
    """The service for these settings; the database must have been upgraded before."""
    drop_words()
    app = Service(docs_url=None, redoc_url=None, openapi_url=None, telemetry=NOTHING_OBSERVED)
    app.state.settings = settings
    app.state.engine = make_engine(settings.database_url)
    app.state.keystore = Keystore(settings.keystore)
    app.state.sealer = Sealer(read_secret_key(settings.secret_key_file))
    app.state.desk = Desk(app.state.engine)
    app.state.assets = load_assets(settings.var_dir)
    app.add_route("/static/{name}", app.state.assets.respond, methods=["GET"])
    for routes in ROUTES:
        app.include_router(routes.router)
    app.mount(ADDRESS, create_api(app))
    _handle_problems(app)
    app.state.tally = Tally()
    app.add_middleware(GZipMiddleware, minimum_size=WORTH_PACKING, compresslevel=LEVEL)
    app.gate = _gate_of(app, settings)
    return app


def _handle_problems(app: FastAPI) -> None:
    app.add_exception_handler(SurveyProblem, problems.on_survey_problem)
    app.add_exception_handler(HTTPException, problems.on_http_problem)
    app.add_exception_handler(ClientDisconnect, problems.on_hang_up)
    app.add_exception_handler(GoTo, problems.on_go_to)
    app.add_exception_handler(NotLoggedIn, problems.on_not_logged_in)
    app.add_exception_handler(SecondFactorMissing, problems.on_second_factor_missing)
    app.add_exception_handler(RequestValidationError, problems.on_malformed)
    app.add_exception_handler(Exception, problems.on_crash)


class Hosts(TrustedHostMiddleware):
    """Names of ours only; whether the service is well a proxy or a container asks by its address."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks_how_it_is = scope["type"] == "http" and scope["path"] in ("/healthz", "/readyz")
        await (self.app if asks_how_it_is else super().__call__)(scope, receive, send)


def _gate_of(app: Service, settings: Settings) -> ASGIApp:
    """Outermost last: what a request passes before the framework's own machinery."""
    desk = FrontDesk(app.framework, acts=[act for one in ROUTES for act in getattr(one.router, "acts", ())])
    hosts = Hosts(desk, allowed_hosts=list(settings.hosts))
    return Gate(hosts, https=settings.https, refusal=problems.refuse_other_site, note=app.state.tally.note)
