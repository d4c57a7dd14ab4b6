"""The routes of the service as it tells them itself, one of everything that a path may name, somebody in every role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from surveys import (
    account_links,
    accounts,
    api_tokens,
    commitments,
    concerns,
    contacts,
    dispute_papers,
    disputes,
    key_holders,
    meetings,
    partnerships,
    rounds,
)
from surveys.commitments import Promise
from surveys.ladder import ladder_of
from surveys.models import Account
from tests.factories import NOW, make_account, make_entry, make_partnership, make_round
from tests.server import access_table as table
from tests.server.conftest import make_released

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
RELEASED_ONLY = re.compile(r"/brief|/release|/how-sure|/concerns/rounds")  # asked of a round that has a release
SAMPLES = {str: "x", int: 1, float: 1.0, bool: True}


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    query: Mapping[str, Any]  # what must be asked
    form: Mapping[str, Any]
    asks: tuple[str, ...] = ()  # what may be asked

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, ids: Mapping[str, Any]) -> str:
        return PARAMETER.sub(lambda found: str(ids.get(found[1], uuid4())), self.path)


def routes_of(app, at: str = "") -> Iterator[Route]:
    """Every route of the service and of what is mounted in it, with every method; HEAD is answered as GET."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount):
            yield from routes_of(context.original_route.app, f"{at}{context.path}")
            continue
        dependant = getattr(context.original_route, "dependant", None)
        asks = tuple(fields_of(dependant, "query_params"))
        query = filled(one for one in asks if one.field_info.is_required())
        form = filled(fields_of(dependant, "body_params"))
        for method in sorted((context.methods or {"GET"}) - {"HEAD"}):
            names = tuple(dict.fromkeys(one.alias for one in asks))
            yield Route(method, f"{at}{context.path}", query, form if method != "GET" else {}, names)


def fields_of(dependant: Any, kind: str) -> Iterator[Any]:
    if dependant is not None:
        yield from getattr(dependant, kind)
        for one in dependant.dependencies:
            yield from fields_of(one, kind)


def filled(fields: Iterable[Any]) -> dict[str, Any]:
    """Something in every field, so that only access decides."""
    return {one.alias: sample_of(one.field_info.annotation) for one in fields}


def sample_of(annotation: Any) -> Any:
    if found := re.search(r"Literal\['([^']+)'", str(annotation)):
        return found[1]
    return str(uuid4()) if "UUID" in str(annotation) else SAMPLES.get(annotation, "x")


def made_up(session, keystore, app) -> dict[str, Any]:
    """One of everything that a path may name, in one partnership; by the name of the parameter."""
    partnership = make_partnership(session, instrument_code="sample")
    released = make_released(session, keystore, partnership)
    prepared = make_round(session, keystore, partnership=partnership, state="prepared")
    member = partnerships.members_on(session, partnership.id, date(2026, 1, 1))[0][1]
    holder, _ = key_holders.add(session, partnership, "Sok Dara")
    entry = make_entry(session, released[-1], question="What would help?", now=prepared.opens_at)
    promise = Promise("Share the calendar", member.id, None, prepared.closes_at.date())
    commitment = commitments.make(
        session, partnership.id, promise, members=[member.id], by="Amina", now=prepared.opens_at
    )
    contacts.put(session, partnership.id, [contacts.Named("Dara", "dara@example.org", member.id)])
    (contact,) = contacts.of_partnership(session, partnership.id)
    sitting = make_account(session, uuid4().hex)
    accounts.entrust(session, sitting, partnership.id, role="reader")
    place = {"partnership_id": partnership.id, "role": "reader"}
    invitation, _ = account_links.invite(session, NOW, email=f"{uuid4().hex}@example.org", **place)
    administrator, _ = account_links.invite(session, NOW, email=f"{uuid4().hex}@example.org", is_administrator=True)
    members = [one.id for _, one in partnerships.members_on(session, partnership.id, date(2026, 1, 1))]
    table_talk = agreed_things(session, partnership.id, members, entry)
    session.flush()
    return {
        **table_talk,
        "topic": "round",
        "lesson_id": uuid4(),  # looked at in tests/server/test_lessons.py
        "key": "sample-1",
        "place": "new",
        "act": "put",
        "/partnerships/{partnership_id}/charter code": "vision",
        "/partnerships/{partnership_id}/registers code": "budget",
        "/partnerships/{partnership_id}/members act": "leave",
        "/partnerships/{partnership_id}/rounds/{number}/preview code": "T",
        "contact_id": contact.id,
        "account_id": sitting.id,
        "chart": "profile",
        "drawing": "matrix",
        "link_id": invitation.id,
        "/accounts link_id": administrator.id,  # the same name for another thing, beneath this path
        "login_id": uuid4(),  # each role has its own
        "token_id": uuid4(),  # the same
        "suffix": "csv",
        "partnership_id": partnership.id,
        "number": prepared.number,
        "round_id": prepared.id,
        "invitation_id": next(iter(rounds.invitations_of(session, prepared))).id,
        "organization_id": member.id,
        "partner_id": member.id,
        "holder_id": holder.id,
        "entry_id": entry.id,
        "commitment_id": commitment.id,
        "code": "V",
        "kind": "invitation",
        "secret": "no-secret",
        "language": "en",
        "step": "holders",
        "round": released[-1].number,
        "target": "item:T1",
        "name": app.state.assets.url("icon.svg").rpartition("/")[2],
    }


def agreed_things(session, partnership_id: UUID, members: list[UUID], entry: Any) -> dict[str, Any]:
    """A concern, a dispute between the first partner and the third with a document in it, and a meeting."""
    ladder = ladder_of(session, partnership_id)
    given = {"happened": "It was late.", "hoped_for": "Notice.", "by": "Dara", "now": entry.opened_at}
    concern = concerns.raise_concern(
        session,
        partnership_id=partnership_id,
        organization_id=members[0],
        principle="P5",
        acknowledge_within_days=5,
        **given,
    )
    dispute = disputes.raise_dispute(
        session,
        partnership_id=partnership_id,
        raised_for=members[0],
        against=[members[2]],
        members=members,
        title="The fund",
        ladder=ladder,
        **given,
    )
    document = dispute_papers.add_document(
        session,
        dispute,
        name="a.txt",
        content=b"x",
        audience="all",
        author="Dara",
        organization_id=members[0],
        now=entry.opened_at,
    )
    meeting = meetings.plan(
        session,
        partnership_id=partnership_id,
        title="Meeting",
        location="",
        starts_at=entry.opened_at + timedelta(days=9),
        minutes=90,
        items=[entry],
        now=entry.opened_at,
    )
    return {
        "concern_id": concern.id,
        "dispute_id": dispute.id,
        "document_id": document.id,
        "meeting_id": meeting.id,
        "item_place": 1,
    }


def token_of(session, account: Account) -> UUID:
    given = {"name": "Sheet", "partnership_id": None, "today": NOW.date(), "days": 30}
    return api_tokens.create(session, account, uuid4().hex, **given)[0].id


def account_for(session, role: str, partnership_id: UUID) -> Account:
    members = [one for _, one in partnerships.members_on(session, partnership_id, date(2026, 1, 1))]
    place: dict[str, Any] = {
        table.READER: {"role": "reader"},
        table.REPRESENTATIVE: {"role": "representative", "organization_id": members[0].id},
        table.OTHER_REPRESENTATIVE: {"role": "representative", "organization_id": members[1].id},
        table.TRUSTEE: {"role": "trustee"},
        table.FACILITATOR: {"role": "facilitator"},
    }.get(role, {})
    account = make_account(session, uuid4().hex, is_administrator=role == table.ADMINISTRATOR)
    if place:
        accounts.entrust(session, account, partnership_id, **place)
    if role == table.OTHER_FACILITATOR:
        accounts.entrust(session, account, make_partnership(session).id)
    session.flush()
    return account
