"""/position: drafted by one person of an organization, proposed, agreed to and signed by a second one."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from surveys import ballots, rounds
from tests.server.conftest import text_of

OVERVIEW = "/position"
RATED = {"D0": "some", "D7": "9", "D8": "cannot_judge", **{f"D{n}": str(6 + n % 4) for n in range(1, 7)}}


def save(person, partner, go="on", **answers):
    return person.browser.post(f"/position/{partner}", data={**answers, "go": go})


def act(person, name, **data):
    return person.browser.post(f"/position/act/{name}", data=data)


def overview(person):
    return html.unescape(text_of(person.see(OVERVIEW).text))


def version_of(person):
    return person.see(OVERVIEW).text.split('name="version" value="')[1].split('"')[0]


@pytest.fixture
def partners(session, asked):
    """The other organizations, in the order of their pages."""
    people = list(rounds.invitations_of(session, asked))
    first = people[0].organization_id
    named = {one.organization_id: one.person.split(" of ")[1] for one in people if one.organization_id != first}
    return sorted(named, key=lambda organization: named[organization])


@pytest.fixture
def both(session, asked, invited):
    """Two people of one organization."""
    people = list(rounds.invitations_of(session, asked))
    mate = next(n for n, one in enumerate(people[1:], 1) if one.organization_id == people[0].organization_id)
    return invited(0), invited(mate)


@pytest.fixture
def drafter(both):
    return both[0]


@pytest.fixture
def colleague(both):
    return both[1]


@pytest.fixture
def proposed(drafter, partners):
    save(drafter, partners[0], **RATED)
    act(drafter, "propose")


@pytest.fixture
def sealed(session, keystore, asked):
    """The positions that lie in the box."""

    def unseal():
        session.expire_all()
        return ballots.unseal(session, asked, keystore.load(asked.id)).positions

    return unseal


class TestPages:
    def test_it_works(self, drafter, partners):
        answer = save(drafter, partners[0], **RATED)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/position/{partners[1]}")
        page = drafter.see(f"/position/{partners[0]}").text
        for name, value in RATED.items():
            assert f'name="{name}" value="{value}" checked' in page

    def test_mode_is_said_above_the_questions(self, drafter, partners):
        page = text_of(drafter.see(f"/position/{partners[0]}").text)
        assert "These answers are not anonymous." in page
        assert page.index("not anonymous") < page.index("How much")

    def test_last_partner_leads_to_the_overview(self, drafter, partners):
        assert save(drafter, partners[-1], **RATED).headers["location"] == OVERVIEW
        assert save(drafter, partners[0], "back").headers["location"] == OVERVIEW

    def test_colleague_sees_the_draft(self, drafter, colleague, partners):
        save(drafter, partners[0], **RATED)
        assert 'name="D1" value="7" checked' in colleague.see(f"/position/{partners[0]}").text
        assert f"Drafted by {drafter.invitation.person}" in overview(colleague)

    def test_other_organizations_see_nothing_of_it(self, drafter, invited, session, asked, partners):
        save(drafter, partners[0], **RATED)
        people = list(rounds.invitations_of(session, asked))
        other = invited(next(n for n, one in enumerate(people) if one.organization_id == partners[1]))
        assert "Nothing has been written yet" in overview(other)
        assert " checked" not in other.see(f"/position/{partners[0]}").text

    def test_without_contact_the_rest_is_left_out(self, drafter, partners):
        save(drafter, partners[0], **{**RATED, "D0": "none"})
        page = drafter.see(f"/position/{partners[0]}").text
        assert 'name="D7" value="9" checked' in page
        assert 'name="D1" value="7" checked' not in page

    def test_autosave(self, drafter, partners):
        answer = drafter.browser.post(f"/position/{partners[0]}?save=1", data=RATED, headers={"HX-Request": "true"})
        assert text_of(answer.text) == "Saved"
        assert 'name="D1" value="7" checked' in drafter.see(f"/position/{partners[0]}").text

    def test_language_switch_keeps_what_was_typed(self, drafter, partners):
        answer = drafter.browser.post(f"/position/{partners[0]}", data={"D1": "4", "language": "km"})
        assert answer.headers["location"] == f"/position/{partners[0]}"
        page = drafter.see(f"/position/{partners[0]}").text
        assert '<html lang="km">' in page
        assert 'name="D1" value="4" checked' in page

    def test_own_organization_is_not_rated(self, drafter):
        own = drafter.invitation.organization_id
        assert str(own) not in drafter.see(OVERVIEW).text
        assert drafter.browser.get(f"/position/{own}").status_code == 404
        assert save(drafter, own, **RATED).status_code == 404

    @pytest.mark.parametrize("partner", ["7b0f7a9e-7d0b-4c5e-9a53-0d1f6c1e2b11", "x", "act", "1' OR '1'='1"])
    def test_unknown_partner(self, drafter, partner):
        assert drafter.browser.get(f"/position/{partner}").status_code == 404
        assert save(drafter, partner, **RATED).status_code in (404, 422)

    @pytest.mark.parametrize("given", [{"D1": "11"}, {"D7": "NaN"}, {"D0": "always"}, {"D1": "none"}])
    def test_wrong_values(self, drafter, partners, given):
        save(drafter, partners[0], **RATED)
        assert save(drafter, partners[0], **{**RATED, **given}).status_code == 422
        assert 'name="D1" value="7" checked' in drafter.see(f"/position/{partners[0]}").text

    def test_without_a_link(self, client, partners):
        assert client.get(OVERVIEW).status_code == 403
        assert client.post(f"/position/{partners[0]}", data=RATED).status_code == 403

    def test_not_in_the_personal_mode(self, session, asked, drafter, partners):
        asked.dyadic_mode = "personal"
        session.flush()
        assert drafter.browser.get(OVERVIEW).status_code == 404
        assert drafter.browser.get(f"/position/{partners[0]}").status_code == 404
        for name in ("propose", "sign", "replace"):
            assert act(drafter, name, version="0").status_code == 404


class TestMissing:
    def test_pointed_out_once(self, drafter, partners):
        answer = save(drafter, partners[0], D0="some", D1="7")
        assert answer.headers["location"] == f"/position/{partners[0]}?missing=1"
        page = drafter.see(answer.headers["location"]).text
        assert 'href="#q-D2"' in page
        assert 'href="#q-D1"' not in page
        assert 'name="pointed_out"' in page
        again = save(drafter, partners[0], D0="some", D1="7", pointed_out="1")
        assert again.headers["location"] == f"/position/{partners[1]}"

    def test_without_contact_two_questions_are_asked(self, drafter, partners):
        assert "missing" not in save(drafter, partners[0], D0="none", D7="9", D8="1").headers["location"]
        assert save(drafter, partners[1], D0="none", D7="9").headers["location"].endswith("?missing=1")

    def test_counted_on_the_overview(self, drafter, partners):
        save(drafter, partners[0], **RATED)
        save(drafter, partners[1], D0="some")
        assert "complete" in overview(drafter)
        assert "8 without an answer" in overview(drafter)


class TestSigning:
    def test_it_works(self, drafter, colleague, partners, proposed, sealed):
        assert f"{drafter.invitation.person} proposed this position" in overview(colleague)
        answer = act(colleague, "sign", version=version_of(colleague))
        assert (answer.status_code, answer.headers["location"]) == (303, OVERVIEW)
        assert sealed() == [
            {
                "organization": str(drafter.invitation.organization_id),
                "ratings": {str(partners[0]): {n: int(v) if v.isdigit() else v for n, v in RATED.items()}},
                "drafter": drafter.invitation.person,
                "signer": colleague.invitation.person,
                "single_informant": False,
            }
        ]
        assert "The position is handed in" in overview(drafter)

    def test_sent_twice(self, colleague, proposed, sealed):
        version = version_of(colleague)
        for _ in range(2):
            assert act(colleague, "sign", version=version).status_code == 303
        assert len(sealed()) == 1

    def test_drafter_waits_for_a_colleague(self, drafter, proposed, sealed):
        assert "Proposed, waiting for a colleague" in overview(drafter)
        answer = act(drafter, "sign", version="1")
        assert answer.status_code == 403
        assert "Nothing was handed in. The draft is saved." in text_of(answer.text)
        assert sealed() == []

    def test_nothing_is_signed_before_it_was_proposed(self, drafter, colleague, partners, sealed):
        save(drafter, partners[0], **RATED)
        assert act(colleague, "sign", version="1").status_code == 403
        assert sealed() == []

    def test_changed_after_the_page_was_shown(self, drafter, colleague, partners, proposed, sealed):
        version = version_of(colleague)
        save(drafter, partners[0], **{**RATED, "D1": "1"})
        act(drafter, "propose")
        answer = act(colleague, "sign", version=version)
        assert answer.status_code == 409
        assert "The position was changed meanwhile" in text_of(answer.text)
        assert sealed() == []

    def test_who_changes_it_becomes_its_drafter(self, drafter, colleague, partners, proposed, sealed):
        save(colleague, partners[0], **{**RATED, "D1": "1"})
        assert f"Drafted by {colleague.invitation.person}" in overview(drafter)
        act(colleague, "propose")
        assert act(colleague, "sign", version="2").status_code == 403
        assert act(drafter, "sign", version="2").status_code == 303
        assert sealed()[0]["drafter"] == colleague.invitation.person

    def test_saving_unchanged_keeps_the_proposal(self, drafter, colleague, partners, proposed):
        save(colleague, partners[0], **RATED)
        assert "Your agreement is asked for" in overview(colleague)

    def test_lone_informant_signs_alone(self, session, drafter, colleague, partners, sealed):
        colleague.invitation.gone = True
        session.flush()
        save(drafter, partners[0], **RATED)
        assert "you sign alone" in overview(drafter)
        assert act(drafter, "sign", version=version_of(drafter)).status_code == 303
        assert sealed()[0]["single_informant"] is True

    def test_nothing_to_propose(self, drafter, sealed):
        assert act(drafter, "propose").status_code == 303
        assert "Nothing has been written yet" in overview(drafter)

    @pytest.mark.parametrize("version", ["", "x", "-1", "99"])
    def test_made_up_version(self, colleague, proposed, sealed, version):
        assert act(colleague, "sign", version=version).status_code in (409, 422)
        assert sealed() == []

    def test_reading_signs_nothing(self, colleague, proposed, sealed):
        for name in ("sign", "propose", "replace"):
            for method in ("GET", "HEAD"):
                assert colleague.browser.request(method, f"/position/act/{name}").status_code in (404, 405)
        assert sealed() == []

    def test_too_late(self, clock, asked, colleague, proposed, sealed):
        version = version_of(colleague)
        clock.now = asked.closes_at + timedelta(minutes=61)
        assert act(colleague, "sign", version=version).status_code == 410
        assert sealed() == []


class TestAfterwards:
    @pytest.fixture
    def signed(self, colleague, proposed):
        act(colleague, "sign", version=version_of(colleague))

    def test_nobody_looks_at_it_again(self, drafter, partners, signed):
        answer = drafter.browser.get(f"/position/{partners[0]}")
        assert (answer.status_code, answer.headers["location"]) == (303, OVERVIEW)

    def test_replacing_starts_empty_and_the_last_one_counts(self, drafter, colleague, partners, signed, sealed):
        assert act(drafter, "replace").status_code == 303
        assert " checked" not in drafter.see(f"/position/{partners[0]}").text
        assert sealed()[0]["ratings"][str(partners[0])]["D1"] == 7
        save(drafter, partners[0], **{**RATED, "D1": "2"})
        act(drafter, "propose")
        act(colleague, "sign", version=version_of(colleague))
        assert [one["ratings"][str(partners[0])]["D1"] for one in sealed()] == [2]

    def test_replacing_twice_keeps_the_new_draft(self, drafter, partners, signed):
        act(drafter, "replace")
        save(drafter, partners[0], **{**RATED, "D1": "2"})
        act(drafter, "replace")
        assert 'name="D1" value="2" checked' in drafter.see(f"/position/{partners[0]}").text

    def test_drafting_after_signing_changes_nothing(self, drafter, partners, signed, sealed):
        assert save(drafter, partners[0], D1="1").headers["location"] == OVERVIEW
        assert act(drafter, "propose").headers["location"] == OVERVIEW
        assert sealed()[0]["ratings"][str(partners[0])]["D1"] == 7
