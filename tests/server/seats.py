"""People with seats in one partnership, and what they write, for tests of concerns, disputes and meetings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from surveys import accounts, disputes
from surveys.ladder import ladder_of
from surveys.models import Account, Dispute, Organization, Partnership
from surveys.partnerships import members_on
from tests.factories import NOW, make_account

RAISED: dict[str, Any] = {
    "title": "Rules of the pooled fund",
    "happened": "Money was withdrawn without notice.",
    "hoped_for": "Notice before each withdrawal.",
}


@dataclass
class Circle:
    """Ministry and donor are parties, NGO and bank are not; trustee and reader are neutral."""

    session: Any
    partnership: Partnership
    log_in: Any

    def __post_init__(self) -> None:
        self.people: dict[str, Account] = {}

    @property
    def members(self) -> dict[str, Organization]:
        """By the first word of the name."""
        found = members_on(self.session, self.partnership.id, NOW.date())
        return {one.name.split()[0]: one for _, one in found}

    def account(self, who: str) -> Account:
        """A representative of a partner by its first word; or trustee, reader, another facilitator."""
        if who not in self.people:
            account = make_account(self.session, f"{who.lower()}-{self.partnership.code}")
            organization = self.members.get(who)
            role = "representative" if organization else {"bopha": "facilitator"}.get(who, who)
            accounts.entrust(
                self.session,
                account,
                self.partnership.id,
                role=role,
                organization_id=organization.id if organization else None,
            )
            self.session.flush()
            self.people[who] = account
        return self.people[who]

    def as_(self, who: str) -> TestClient:
        browser: TestClient = self.log_in(self.account(who))
        return browser

    def raise_dispute(self, **given: Any) -> Dispute:
        """The ministry against the donor."""
        members = self.members
        dispute = disputes.raise_dispute(
            self.session,
            partnership_id=self.partnership.id,
            raised_for=members["Ministry"].id,
            against=[members["Northern"].id],
            members=[one.id for one in members.values()],
            by="Dara",
            ladder=ladder_of(self.session, self.partnership.id),
            now=NOW,
            **{**RAISED, **given},
        )
        self.session.flush()
        return dispute
