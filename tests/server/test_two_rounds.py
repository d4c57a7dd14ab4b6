"""A partnership lives through it: transparency falls, a concern, talks, an agreement, a promise kept late, a rise."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.opening import open_round
from server.settings import Settings
from surveys import accounts, ballots, commitments, concerns, disputes, lessons, logins, partnerships, releases, rounds
from surveys.database import transaction
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from surveys.models import Account, Partnership
from tests.factories import make_account, make_partnership, make_round, payload_of, share_fonts
from tests.server.conftest import text_of

PTI = standard_instrument()
BEGINNING = datetime(2026, 1, 15, 9, tzinfo=UTC)
HALF_YEAR = timedelta(days=182)
CONCERN = "We hear of decisions when they are in the newspaper."


@dataclass
class Life:
    """The partnership, its people and their browsers, and what time it is."""

    engine: Engine
    keystore: Keystore
    app: FastAPI
    now: datetime = BEGINNING
    seats: dict[str, Account] = field(default_factory=dict)
    partnership: Partnership = field(init=False)

    def __post_init__(self) -> None:
        with transaction(self.engine) as session:
            self.partnership = make_partnership(session)
            self.members = {
                one.name.split()[0]: one.id
                for _, one in partnerships.members_on(session, self.partnership.id, date(2026, 1, 1))
            }
            for name, role, member in (
                ("amina", "facilitator", None),
                ("ministry", "representative", "Ministry"),
                ("donor", "representative", "Northern"),
                ("trustee", "trustee", None),
            ):
                account = make_account(session, name)
                of = self.members[member] if member else None
                accounts.entrust(session, account, self.partnership.id, role=role, organization_id=of)
                self.seats[name] = account

    @property
    def here(self) -> str:
        return f"/partnerships/{self.partnership.id}"

    def as_(self, who: str) -> TestClient:
        account = self.seats[who]
        browser = TestClient(self.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
        with transaction(self.engine) as session:
            browser.cookies.set(deps.SESSION_COOKIE, logins.begin(session, account, self.now))
        return browser

    def read(self, who: str, path: str) -> str:
        answer = self.as_(who).get(self.here + path)
        assert answer.status_code == 200, path
        return html.unescape(text_of(answer.text))

    def post(self, who: str, path: str, **form: Any) -> str:
        answer = self.as_(who).post(self.here + path, data=form)
        assert answer.status_code == 303, (path, text_of(answer.text))
        return str(answer.headers["location"]).removeprefix(self.here)

    def round(self, *, openly: int) -> None:
        """Everybody answers; `openly` is how transparent they find it, from 0 to 10."""
        with transaction(self.engine) as session:
            partnership = session.get_one(Partnership, self.partnership.id)
            opens, closes = self.now, self.now + timedelta(days=14)
            round_ = make_round(
                session,
                self.keystore,
                partnership=partnership,
                people=3,
                instrument=PTI,
                opens_at=opens,
                closes_at=closes,
            )
            keys = self.keystore.load(round_.id)
            for person, invitation in enumerate(rounds.invitations_of(session, round_)):
                payload = payload_of(invitation, **_answers(person, openly, round_.number))
                text = {"kind": "concern" if person == 0 else "O3", "topic": "T", "audience": "all"}
                payload["comments"] = [{**text, "text": CONCERN if person == 0 else f"What person {person} says."}]
                ballots.cast(session, round_, keys, invitation.id, payload)
            id_ = round_.id
        self.now = closes + timedelta(hours=1)
        with transaction(self.engine) as session:
            rounds.close(session, rounds.get_round(session, partnership.id, round_.number), self.keystore, now=self.now)
        self.now = closes + timedelta(hours=2)
        assert open_round(self.engine, self.keystore, id_, now=self.now) == "released"


def _answers(person: int, openly: int, number: int) -> dict[str, int]:
    asked = [item for item in PTI.items if item.condition is None or (item.condition == "from_round_2" and number > 1)]
    found = {}
    for at, item in enumerate(asked):
        level = openly if item.construct_code == "T" else 5
        answer = max(0, min(10, level + (7 * person + 3 * at + (number + 2) * person * at) % 7 - 3))
        found[item.code] = 10 - answer if item.reverse else answer
    return found


@pytest.fixture
def life(fresh_url: str, fresh_engine: Engine, keystore: Keystore, tmp_path) -> Iterator[Life]:
    var = tmp_path / "var"
    var.mkdir()
    share_fonts(var)
    app = create_app(Settings(var_dir=var, database_url=fresh_url, secret_key_file=var / "secret-key"))
    made = Life(fresh_engine, keystore, app)
    app.dependency_overrides = {deps.get_keystore: lambda: keystore, deps.read_clock: lambda: made.now}
    app.dependency_overrides[deps.is_second_factor_required] = lambda: False
    yield made
    app.state.engine.dispose()


def test_two_rounds(life):
    life.round(openly=7)
    life.now = BEGINNING + HALF_YEAR
    life.round(openly=3)
    assert "fell by" in life.read("amina", "/trend")

    # A concern came through the round, and another from a partner; neither opened anything
    assert CONCERN in life.read("amina", "/concerns")
    life.post("amina", "/concerns/rounds/2", text="We speak about decisions at the next meeting.")
    assert "We speak about decisions at the next meeting." in life.read("donor", "")
    raised = {
        "principle": "P2",
        "happened": "The budget was cut.",
        "hoped_for": "Reasons.",
        "cites": "2|headline:transparency",
    }
    concern = life.post("donor", "/concerns", **raised)
    life.now += timedelta(days=3)
    life.post("amina", concern, step="acknowledge")
    with Session(life.engine) as session:
        assert disputes.of_partnership(session, life.partnership.id) == []

    # The dispute climbs its ladder by people only
    number = concern.rpartition("/")[2]
    parties = {"concern": number, "against": str(life.members["Ministry"])}
    dispute = life.post(
        "donor", "/disputes", title="The budget", happened="It was cut.", hoped_for="Reasons.", **parties
    )
    assert life.as_("trustee").get(life.here + dispute).status_code == 404
    life.post("amina", f"{dispute}/step", to="acknowledged", version="1")
    life.post("ministry", f"{dispute}/step", to="direct_talks", version="2")
    life.now += timedelta(days=20)
    assert "The time of this stage is over." in life.read("ministry", dispute)
    life.post("ministry", f"{dispute}/step", to="facilitated", version="3", reason="Talks led nowhere.")

    # A facilitated meeting, its record and a promise; then the agreement both stand by
    life.now += timedelta(days=1)
    starts = (life.now + timedelta(days=2)).strftime("%Y-%m-%dT10:00")
    about = {"dispute": dispute.rpartition("/")[2], "topics": "How the budget is told"}
    meeting = life.post("amina", "/meetings", title="Talks", starts_at=starts, minutes="60", location="", **about)
    due = (life.now + timedelta(days=30)).date()
    promise = {
        "what": "Tell every change within a week",
        "owner": str(life.members["Ministry"]),
        "due_on": due.isoformat(),
    }
    said = {"notes": "Late.", "decision": "Changes are told within a week.", "rule": "consensus", "dissent": ""}
    life.post(
        "amina",
        f"{meeting}/items/1",
        **said,
        **promise,
        to=str(life.members["Northern"]),
        target="item:T1",
        version="1",
    )
    minutes = life.as_("donor").get(f"{life.here}{meeting}/minutes.pdf?language=km")
    assert minutes.content.startswith(b"%PDF")
    life.post("amina", f"{dispute}/step", to="agreed", version="4", agreement="Changes are told within a week.")
    life.post("donor", f"{dispute}/confirm")
    life.post("ministry", f"{dispute}/confirm")
    life.post("amina", f"{dispute}/step", to="monitoring", version="5")

    # Kept, nine days late, and verified by the other side
    with Session(life.engine) as session:
        (one,) = disputes.of_partnership(session, life.partnership.id)
        (made,) = commitments.of_dispute(session, one.id)
    where = f"/commitments/{made.id}"
    life.now = datetime.combine(due, BEGINNING.timetz()) + timedelta(days=9)
    assert "past its date" in life.read("ministry", "/commitments")
    life.post("ministry", f"{where}/done", evidence="Five notices.", done_on=life.now.date().isoformat(), version="1")
    verified = {"found": "yes", "verifier": str(life.members["Northern"]), "person": "Anna"}
    life.post("donor", f"{where}/verify", **verified, version="2")
    assert "Days late 9" in life.read("donor", where)
    assert "too early to tell: no round since then" in life.read("donor", where)

    # The next round asks again
    life.now = BEGINNING + 2 * HALF_YEAR
    life.round(openly=8)
    with Session(life.engine) as session:
        last = releases.series(session, life.partnership.id)[-1]
    moved = last.find("change_last", "item:T1")
    assert moved.value is not None
    assert moved.value > 20
    assert f"since then +{moved.value:.0f} (" in life.read("donor", where)
    heard = life.read("amina", "/discussion")
    assert "What we agreed after the last survey has been done." in heard

    # Closed with a lesson that others may use
    lesson = {"lesson_title": "Tell changes within a week", "lesson_context": "A cut", "lesson_tried": "Notices"}
    life.post("amina", f"{dispute}/step", to="closed", version="6", lesson_audience="everybody", **lesson)
    with Session(life.engine) as session:
        assert [one.title for one in lessons.search(session, [life.partnership.id], "changes week")]
        assert [one.state for one in concerns.of_partnership(session, life.partnership.id)] == ["taken_up"]
        kinds = [one.kind for one in disputes.events(session, life.partnership.id)]
    assert kinds[:2] == ["dispute", "dispute_settled"]
