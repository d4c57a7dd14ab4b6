"""Writes the brief of a partnership's latest round as files, from stored releases and discussion entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from server.brief_pdf import to_pdf
from server.briefing import assemble
from server.dossiers import agreements_before, read_dossiers
from server.pages import environment
from surveys import partnerships
from surveys.problems import NotFound


def write_brief(session: Session, code: str, folder: Path, *, language: str, audience: str) -> Iterator[Path]:
    """brief-<code>-<round>-<language>.html and .pdf. Raises NotFound when there is nothing to write about."""
    partnership = partnerships.find_by_code(session, code)
    if partnership is None:
        raise NotFound(f"there is no partnership with the code {code}")
    (dossier,) = read_dossiers(session, [partnership], language, {partnership.id: audience})
    if not dossier.series:
        raise NotFound(f"no round of {code} has been released yet")
    number = dossier.series[-1].round_number
    notices = list(dossier.series[-1].annotations)
    if partnership.is_demonstration:
        notices.insert(0, dossier.wording._("Demonstration: people and answers are invented"))
    brief = assemble(
        dossier.series,
        dossier.wording.instrument,
        language=language,
        agreements=agreements_before(session, dossier, number),
        notices=notices,
    )
    brief = replace(brief, title=dossier.title.text)  # a release knows one name of the partnership
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"brief-{code}-{number}-{language}"
    html = environment(language).get_template("brief/file.html").render(brief=brief)
    for suffix, content in ((".html", html.encode()), (".pdf", to_pdf(brief))):
        path.with_suffix(suffix).write_bytes(content)
        yield path.with_suffix(suffix)
