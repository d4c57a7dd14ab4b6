"""Everybody who may send a form, each with a browser, in partnerships in different states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pyotp
from sqlmodel import Session
from starlette.testclient import TestClient

from server import deps
from surveys import (
    account_links,
    accounts,
    cancelling,
    charter_versions,
    key_holders,
    logins,
    own_questionnaires,
    partnerships,
    rounds,
    signing,
)
from surveys.instruments import standard_instrument
from surveys.keystore import Keystore
from surveys.models import Account, Partnership
from tests.factories import NOW, PASSWORD, make_account, make_organization, make_partnership, make_round, secret_of
from tests.key_circle import make_circle, rehearse
from tests.server import access_table as table
from tests.server.cast import made_up, token_of

TODAY = NOW.date()


@dataclass
class Visitor:
    """Somebody with a browser; `pages` is where they begin to look, `shown` what a form of theirs has shown them.

    looks: at how many pages that are alike, of one partnership or another.
    """

    name: str
    cookies: dict[str, str]
    pages: tuple[str, ...]
    shown: str = ""
    looks: int = 2


@dataclass
class Town:
    """The partnerships, the visitors, and what a path may name."""

    session: Session
    keystore: Keystore
    app: Any
    browser: TestClient

    def __post_init__(self) -> None:
        self.ids = made_up(self.session, self.keystore, self.app)
        self.known = self.session.get_one(Partnership, self.ids["partnership_id"])
        self.asking = make_round(self.session, self.keystore, instrument=standard_instrument(), people=4)
        self.bare = self._bare()
        self.amending, self.secret_to_sign = self._amending()
        self.drafting = self._drafting()
        self.circle, self.hands = self._circle()
        self.session.flush()

    def visitors(self) -> Iterator[Visitor]:
        yield self._facilitator()
        yield from self._seated()
        yield from self._respondents()
        yield from self._newcomers()
        yield from self._holders_of_links()

    # Partnerships in different states ------------------------------------------------------------------------------

    def _bare(self) -> Partnership:
        """Nothing written yet, nothing signed."""
        made = partnerships.create_partnership(
            self.session, code=f"bare-{uuid4().hex[:6]}", title="Bare", goal="A goal"
        )
        for place, kind in enumerate(("central_government", "donor_country", "national_ngo")):
            role = "lead" if place == 0 else "member"
            organization = make_organization(self.session, f"Partner {uuid4().hex}", kind)
            partnerships.join(self.session, made, organization, role=role, on=TODAY)
        return made

    def _amending(self) -> tuple[Partnership, str]:
        """A new charter is being signed, by all but one; its round of invitations is cancelled by two."""
        made = make_partnership(self.session)
        draft = charter_versions.begin_draft(self.session, made, reason="Faster answers")
        charter_versions.write_section(self.session, draft, "vision", {"vision": "Rain for all"}, today=TODAY)
        signing.put_to_signature(self.session, draft, on=TODAY)
        *others, last = signing.unsigned(self.session, draft, TODAY)
        for one in others:
            signing.sign_by_account(self.session, draft, one.id, person="Head", on=TODAY)
        return made, signing.ask(self.session, draft, last.id, person="Sokha Chan", on=TODAY)[1]

    def _drafting(self) -> Partnership:
        """A charter is being written, and a questionnaire; an entry stands in a register."""
        made = make_partnership(self.session)
        charter_versions.begin_draft(self.session, made, reason="Faster answers")
        own_questionnaires.set_draft(self.session, made, standard_instrument(), by="Amina", today=TODAY)
        return made

    def _circle(self) -> tuple[Partnership, Any]:
        """Several people hold the key; they are rehearsing."""
        made = make_partnership(self.session)
        hands = make_circle(self.session, made)
        rehearse(self.session, made, self.keystore, hands[:1])
        return made, hands

    # Accounts ------------------------------------------------------------------------------------------------------

    def _enter(self, account: Account, name: str, *pages: str) -> Visitor:
        self.browser.cookies.clear()
        return Visitor(name, {deps.SESSION_COOKIE: logins.begin(self.session, account, NOW)}, pages)

    def _account(self, seats: dict[UUID, dict[str, Any]], **given: Any) -> Account:
        account = make_account(self.session, uuid4().hex, **given)
        for partnership_id, place in seats.items():
            accounts.entrust(self.session, account, partnership_id, **place)
        self.session.flush()
        return account

    def _facilitator(self) -> Visitor:
        everywhere = (self.known.id, self.asking.partnership_id, self.bare.id, self.amending.id, self.drafting.id,
                      self.circle.id)  # fmt: skip
        account = self._account({one: {"role": "facilitator"} for one in everywhere})
        token_of(self.session, account)
        self._be(account)
        shared = {"until": (TODAY + timedelta(days=5)).isoformat()}
        self.browser.post(f"/partnerships/{self.known.id}/rounds/1/brief/share", data=shared)
        logins.begin(self.session, account, NOW)  # another browser
        entered = self._enter(account, table.FACILITATOR, "/partnerships", "/account", "/lessons")
        return replace(entered, looks=len(everywhere))

    def _seated(self) -> Iterator[Visitor]:
        here = (self.known.id, self.asking.partnership_id, self.amending.id)
        lead = {one: partnerships.members_on(self.session, one, date(2026, 1, 1))[0][1].id for one in here}
        seats = {one: {"role": "representative", "organization_id": lead[one]} for one in here}
        yield self._enter(self._account(seats), table.REPRESENTATIVE, "/partnerships")
        yield self._enter(self._account({self.known.id: {"role": "trustee"}}), table.TRUSTEE, "/partnerships")
        administrator = self._account({}, is_administrator=True)
        yield self._enter(administrator, table.ADMINISTRATOR, "/accounts", "/keystore", "/account")

    # Links ---------------------------------------------------------------------------------------------------------

    def _by_link(self, name: str, desk: str, secret: str, *pages: str) -> Visitor:
        self.browser.cookies.clear()
        answer = self.browser.post(desk, data={"secret": secret})
        assert answer.status_code in (200, 303), (name, answer.status_code)
        return Visitor(name, dict(self.browser.cookies), pages, answer.text)

    def _respondents(self) -> Iterator[Visitor]:
        people = list(rounds.invitations_of(self.session, self.asking))
        mates = [one for one in people if one.organization_id == people[0].organization_id]
        secrets = [secret_of(self.keystore, self.asking, one) for one in mates]
        asked = ("/answer", "/position", "/offline", "/resume", "/answer/review", "/handed-in")
        first = self._by_link("respondent", "/i", secrets[0], *asked)
        partner = next(one for one in self.asking.invited if one != str(mates[0].organization_id))
        self.ids["partner_id"] = partner
        self.browser.post(f"/position/{partner}", data={"D0": "some", "D1": "7", "go": "on"})
        self.browser.post("/offline", data={"wanted": "on"})
        yield Visitor(first.name, dict(self.browser.cookies), first.pages)
        second = self._by_link("respondent who handed in", "/i", secrets[1], *asked)
        self.browser.post("/answer/part/V", data={"V1": "7", "go": "back"})
        self.browser.post("/answer/hand-in")
        yield Visitor(second.name, dict(self.browser.cookies), second.pages)
        yield self._by_link("whoever types in a paper form", "/paper", secrets[2], "/paper/entry")
        self._by_link("colleague who signs", "/i", secrets[3])
        self.browser.post("/position/act/propose")
        yield Visitor("proposer of a position", dict(self.browser.cookies), asked)

    def _newcomers(self) -> Iterator[Visitor]:
        self.browser.cookies.clear()
        yield Visitor("stranger", {}, ("/", "/login", "/i", "/join", "/k", "/sign", "/approval", "/r", "/paper"))
        place = {"role": "reader", "partnership_id": self.known.id}
        _, secret = account_links.invite(self.session, NOW, email=f"{uuid4().hex}@example.org", **place)
        yield self._by_link("somebody invited", "/join", secret, "/join/form")
        enrolling = self._account({})
        self.browser.cookies.clear()
        self.browser.cookies.set(deps.SESSION_COOKIE, logins.begin(self.session, enrolling, NOW))
        page = self.browser.post("/account/second-factor/begin", data={"password": PASSWORD}).text
        yield Visitor("somebody with a new telephone", dict(self.browser.cookies), ("/account/second-factor",), page)
        phone = pyotp.TOTP(re.search(r'<p class="code">([A-Z2-7 ]+)</p>', page)[1].replace(" ", ""))
        self.browser.post("/account/second-factor/confirm", data={"code": phone.at(NOW)})
        enrolled = dict(self.browser.cookies)
        self.browser.cookies.clear()
        self.browser.post("/login", data={"email": enrolling.email, "password": PASSWORD})
        yield Visitor("somebody half way in", dict(self.browser.cookies), ("/login/code",))
        yield Visitor("somebody with a telephone", enrolled, ("/account/second-factor", "/account"))

    def _holders_of_links(self) -> Iterator[Visitor]:
        yield self._by_link("signer", "/sign", self.secret_to_sign, "/sign/charter")
        _, secret = key_holders.add(self.session, self.drafting, "Sok Dara")
        yield self._by_link("new key holder", "/k", secret, "/keys")
        self.browser.post("/keys/code")
        yield Visitor("key holder with a code", dict(self.browser.cookies), ("/keys",))
        yield self._by_link("key holder at a rehearsal", "/k", self.hands[1].secret, "/keys")
        yield from self._asked_by_the_facilitator()

    def _asked_by_the_facilitator(self) -> Iterator[Visitor]:
        account = self._account({self.known.id: {"role": "facilitator"}, self.asking.partnership_id: {}})
        at = f"/partnerships/{self.known.id}"
        self._be(account)
        dara = {"person": "Dara", "email": "dara@example.org", "office": "trustee"}
        page = self.browser.post(f"{at}/rounds/{self.ids['number']}/approval", data=dara).text
        yield self._by_link(
            "second person", "/approval", re.search(r"/approval#([0-9A-Z-]{29})", page)[1], "/approval/list"
        )
        self._be(account)
        organization = partnerships.members_on(self.session, self.known.id, TODAY)[2][1].id
        page = self.browser.post(f"{at}/replies", data={"organization": str(organization), "person": "Sok"}).text
        yield self._by_link("partner who replies", "/r", re.search(r"/r#([0-9A-Z-]{29})", page)[1])
        secret = cancelling.propose(
            self.session, self.asking, by=account, reason="Merged", second_person="Dara", with_link=True, now=NOW
        )
        self.ids["secret"] = secret
        yield Visitor("second person who cancels", {}, (f"/cancel/{secret}",))

    def _be(self, account: Account) -> None:
        self.browser.cookies.clear()
        self.browser.cookies.set(deps.SESSION_COOKIE, logins.begin(self.session, account, NOW))
