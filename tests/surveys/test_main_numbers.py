"""The copies of main numbers say what the releases say, and a database of before gets them."""

from __future__ import annotations

from dataclasses import replace

from alembic import command
from alembic.script import ScriptDirectory
from sqlmodel import Session, select

from surveys import main_numbers, releases
from surveys.database import alembic_config, transaction, upgrade
from surveys.main_numbers import is_main, main_json
from surveys.models import ReleaseMain
from surveys.releases import Cell
from tests.factories import NOW, make_partnership
from tests.sample_releases import SERIES
from tests.server.conftest import make_released

SECRET = Cell("level", "headline:trust", audience="facilitator", value=3.0)


def test_it_works(session, keystore):
    partnership = make_partnership(session, instrument_code="sample")
    make_released(session, keystore, partnership, (*SERIES[:2], replace(SERIES[2], cells=(*SERIES[2].cells, SECRET))))
    for audience in ("all", "facilitator"):
        whole = releases.series(session, partnership.id, audience=audience)
        (main,) = main_numbers.series_of_many(session, {partnership.id: audience}).values()
        assert [one.cells for one in main] == [tuple(c for c in one.cells if is_main(c)) for one in whole]
        assert [one.markers for one in main] == [one.markers for one in whole]
        assert [one.closed_on for one in main] == [one.closed_on for one in whole]
        assert [one.provenance["digest"] for one in main] == [one.provenance["digest"] for one in whole]
        assert (SECRET in main[2].cells) == (audience == "facilitator")


def test_the_latest_revision_counts(session, keystore):
    partnership = make_partnership(session, instrument_code="sample")
    (round_,) = make_released(session, keystore, partnership, SERIES[:1])
    withdrawn = replace(SERIES[0], revision=2, cells=(Cell("level", "headline:trust", reason="withdrawn"),))
    releases.store(session, round_, withdrawn, now=NOW)
    session.flush()
    (main,) = main_numbers.series_of_many(session, {partnership.id: "all"})[partnership.id]
    assert [cell.reason for cell in main.cells] == ["withdrawn"]


def test_releases_of_before_get_their_copy(fresh_url, fresh_engine, keystore):
    """0011: what is copied from a stored release is what would be stored beside a new one."""
    told = replace(SERIES[2], round_number=1, cells=(*SERIES[2].cells, SECRET))
    with transaction(fresh_engine) as session:
        make_released(session, keystore, make_partnership(session, instrument_code="sample"), (told,))
    before = ScriptDirectory.from_config(alembic_config(fresh_url)).get_revision("0011").down_revision
    command.downgrade(alembic_config(fresh_url), before)
    upgrade(fresh_url)
    with Session(fresh_engine) as session:
        assert [one.body for one in session.exec(select(ReleaseMain))] == [main_json(told)]
