"""The only translation from what went wrong to a status and a page; every page says what became of the answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import watching
from server.deps import SESSION_COOKIE
from server.languages import translator
from server.pages import Page, go_to, language_of, render
from server.refusals import refusals_of
from server.respondents import GoTo
from surveys.problems import RuleBroken, SurveyProblem

STATUS = {"missing": 404, "conflict": 409, "gone": 410, "invalid": 422, "forbidden": 403}
Gettext = Callable[[str], str]
log = logging.getLogger("rapport")


@dataclass(frozen=True, slots=True)
class ProblemPage(Page):
    """What happened, what became of the answers, and the way on."""

    template = "problems/problem.html"
    title: str
    sentence: str
    answers: str


def problem_page(request: Request, problem: Exception, status: int) -> Response:
    language = language_of(request)
    if isinstance(problem, RuleBroken):
        page = _explained_rules(problem, language)
    else:
        page = _explained(problem, status, translator(language).gettext)
    return render(request, page, block="problem", status=status)


def on_survey_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, SurveyProblem)  # registered for nothing else
    status = STATUS[problem.kind]
    log.warning("problem=%s status=%d", type(problem).__name__, status)
    watching.refused(request, status)
    return problem_page(request, problem, status)


def on_http_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # registered for nothing else
    watching.refused(request, problem.status_code)
    response = problem_page(request, problem, problem.status_code)
    response.headers.update(problem.headers or {})
    return response


def on_malformed(request: Request, problem: Exception) -> Response:
    """An address or a form that is not one of ours: whoever made it up learns nothing about its parts."""
    status = 404 if request.method in ("GET", "HEAD") else 422
    watching.refused(request, status)
    return problem_page(request, problem, status)


def on_hang_up(_request: Request, _problem: Exception) -> Response:
    """The line broke while something was sent: nobody is there to read an answer, and nothing was stored."""
    return Response(status_code=400)


def on_crash(request: Request, problem: Exception) -> Response:
    log.error("problem=%s", type(problem).__name__)
    return problem_page(request, problem, 500)


def on_not_logged_in(request: Request, _problem: Exception) -> Response:
    return go_to(request, "/login")


def on_second_factor_missing(request: Request, _problem: Exception) -> Response:
    return go_to(request, "/account/second-factor")


def on_go_to(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, GoTo)  # registered for nothing else
    return go_to(request, problem.path)


def refuse_other_site(request: Request) -> Response:
    watching.refused_site(request, SESSION_COOKIE)
    return problem_page(request, HTTPException(403, "other site"), 403)


def _explained_rules(problem: RuleBroken, language: str) -> ProblemPage:
    """Every rule that stands against it, each with its passage."""
    _ = translator(language).gettext
    said = " ".join(f"{one.sentence} ({one.cited})" for one in refusals_of(problem, language))
    kept = _("Nothing was changed. Answers you had saved are still saved.")
    return ProblemPage(_("The founding text does not allow this yet"), said, kept)


def _explained(problem: Exception, status: int, _: Gettext) -> ProblemPage:
    if page := _explained_by_name(problem, _):
        return page
    kept = _("Nothing was changed. Answers you had saved are still saved.")
    match status:
        case 404:
            return ProblemPage(
                _("This page does not exist"), _("The address may be incomplete, or the page is not open to you."), kept
            )
        case 403:
            return ProblemPage(
                _("This was not sent from a page of this site"),
                _("Your browser says that another site sent this form. Please open the page again and repeat."),
                kept,
            )
        case 405:
            return ProblemPage(
                _("This address cannot be used in that way"), _("Please go back to the page you came from."), kept
            )
        case 408:
            return ProblemPage(
                _("The connection was too slow"),
                _("What you sent did not arrive as a whole. Please go back and send it again."),
                kept,
            )
        case 413:
            return ProblemPage(
                _("This is too much at once"),
                _("What was sent is larger than a page of answers can be. Please go back and shorten your text."),
                kept,
            )
        case 429:
            return ProblemPage(_("Too many attempts"), _("Please wait fifteen minutes before you try again."), kept)
        case 409 | 410 | 422 | 400:
            return ProblemPage(
                _("This could not be done"), _("Please go back, look at the page again and repeat the step."), kept
            )
        case _:
            return ProblemPage(
                _("Something went wrong on our side"),
                _("The fault is ours and has been noted. Please try again in a few minutes."),
                _("Answers you had saved are still saved. What you sent with this last step may not be."),
            )


def _explained_by_name(problem: Exception, _: Gettext) -> ProblemPage | None:
    """The problems that deserve their own words."""
    match type(problem).__name__:
        case "LinkNotOpen":
            return ProblemPage(
                _("This link is not open"),
                _(
                    "The round may have closed: see the date in your e-mail. "
                    "Or the address is incomplete: please copy the whole link or code."
                ),
                _("Answers that were handed in before closing stay handed in and are counted."),
            )
        case "TooLate":
            return ProblemPage(
                _("Too late: this was not stored"),
                _(
                    "The round has closed, or your link was withdrawn meanwhile. "
                    "What you sent with this step came too late and was not stored."
                ),
                _("Answers that were handed in before closing stay handed in and are counted."),
            )
        case "NotEntered":
            return ProblemPage(
                _("Please open your personal link first"),
                _("This browser does not hold a personal link. Open the link in your e-mail, or paste its code."),
                _("Answers you had saved are still saved and open again with your link."),
            )
        case "PositionChanged":
            return ProblemPage(
                _("The position was changed meanwhile"),
                _("A colleague changed it after you opened the page. Please look at it again before you sign."),
                _("Nothing was handed in. Your colleague's changes are saved."),
            )
        case "TooManyRemarks":
            return ProblemPage(
                _("There is no room for another comment"),
                _("The sealed draft is full. A colleague can take an older comment back."),
                _("Your comment was not saved. The draft and the other comments are."),
            )
        case "NotYoursToSign":
            return ProblemPage(
                _("A colleague signs this position"),
                _("Whoever drafted a position proposes it, and a second person of the organization agrees and signs."),
                _("Nothing was handed in. The draft is saved."),
            )
        case "InvalidAnswers":
            return ProblemPage(
                _("This answer is not one of the choices"),
                _("What was sent does not belong to this page. Please go back, choose again and send the page again."),
                _("Nothing of this page was saved. Answers saved before are still saved."),
            )
        case _:
            return None
