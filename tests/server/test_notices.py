"""GET /privacy and /stored: every statement is held against the code it speaks of; a page that lies fails here."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from analysis import disclosure
from server import backup, estimation_dyads, notices, stored
from server.carry_over import read_box, write_box
from server.estimation_dyads import dyad_cells
from server.measurement import EarlierRound
from server.notices import Terms, admissions, keys_lie_beside_data, promises
from server.opening import _comments
from server.payloads import answers_of_round
from server.routes import approving, holding, joining, signing
from server.settings import Settings, demonstration_settings
from surveys import answers, invitations, rounds
from surveys.database import metadata
from surveys.instruments import standard_instrument
from surveys.models import AuditEntry, Ballot, Invitation, Partnership, Response
from surveys.releases import Partner
from tests.factories import make_partnership, make_round
from tests.key_circle import ready_circle
from tests.server.conftest import text_of

ROOT = Path(__file__).resolve().parents[2]
TERMS = [
    Terms(mode, level, pairing, needed, 3 if needed else 0)
    for mode in ("positions", "personal")
    for level in ("A", "B", "C")
    for pairing in (True, False)
    for needed in (0, 2)
]
APART = Settings(var_dir=Path("/data"), database_url="sqlite:////data/x.db", keystore=(Path("/keys"), Path("/media/k")))
SAID = {one.code: one for settings in (APART, Settings()) for terms in TERMS for one in promises(settings, terms)}
KINDS = (
    ("central_government", "national"),
    ("national_ngo", "national"),
    ("un_agency", "external"),
    ("donor_country", "external"),
)
PROVED_ELSEWHERE = {
    "sealed": "tests/surveys/test_ballots.py::test_it_works",
    "traces": "tests/anonymity/test_canaries.py::test_no_file_holds_an_answer_or_a_trace",
    "unremovable": "tests/surveys/test_ballots.py::test_destroy_leaves_nothing",
    "alike": "tests/analysis/test_protection.py::test_everybody_the_same_becomes_a_range",
    "shredded": "tests/faults/test_opening_faults.py::test_no_key_dies_without_a_verified_backup",
    "opened_by_holders": "tests/surveys/test_key_locks.py::test_one_code_too_few_opens_nothing",
    "personal": "tests/server/test_personal_mode.py::test_the_mean_received_is_shown_and_nothing_else",
    "paired_by_server": "tests/server/test_opening.py::test_change_is_paired_through_the_box",
}
HERE = {
    "unseen",
    "accepted",
    "small",
    "opened_by_server",
    "floors",
    "comments",
    "level_A",
    "level_B",
    "level_C",
    "paired_by_holders",
    "positions",
    "unpaired",
    "kept",
    "backups",
    "keys_apart",
    "keys_beside",
}
ADMITTED = {
    "active_operator",
    "link_holder",
    "reminded",
    "links_shown",
    "typed_in",
    "kept_on_device",
    "list_is_known",
    "pooling",
    "style",
    "court",
    "copied_keys",
    "lost_keys",
    "others_record",
}


def values(code: str) -> dict[str, int]:
    return dict(SAID[code].values)


def columns(table: str) -> set[str]:
    return {column.name for column in metadata.tables[table].columns}


# Nothing is said that nothing holds true ------------------------------------------------------------------------------


def test_every_promise_is_held_to():
    assert set(SAID) == HERE | set(PROVED_ELSEWHERE)


def test_every_admission_is_known():
    assert {one.code for one in admissions()} == ADMITTED


@pytest.mark.parametrize("place", sorted(set(PROVED_ELSEWHERE.values())))
def test_the_proof_exists(place):
    path, _, name = place.partition("::")
    assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8")


# Numbers --------------------------------------------------------------------------------------------------------------


def test_floors_are_those_of_the_release():
    said = values("floors")
    people, organizations, others = said["people"], said["organizations"], said["others"]
    enough = [people - organizations + 1, *[1] * (organizations - 1)]
    assert sum(enough[1:]) == others - 1  # exactly one short of what must be left
    assert disclosure.cell_refusal(enough) == "insider"
    assert disclosure.cell_refusal([others - 1, others - 1, 1]) is None
    assert disclosure.cell_refusal([people - 1 - organizations + 1, *[1] * (organizations - 1)]) == "too_few"
    assert disclosure.cell_refusal([people, people]) == "too_few"


def test_small_rounds_are_those_never_opened():
    said = values("small")
    assert rounds.is_too_small(said["people"] - 1, said["organizations"])
    assert rounds.is_too_small(said["people"], said["organizations"] - 1)
    assert not rounds.is_too_small(said["people"], said["organizations"])
    assert said["days"] == rounds.EXTENSION.days
    assert (said["people"], said["organizations"]) == (disclosure.MIN_PEOPLE, disclosure.MIN_ORGANIZATIONS)


def test_answers_are_accepted_as_long_as_said(session, invited, asked, clock):
    person, minutes = invited(entered=False), values("accepted")["minutes"]
    clock.now = asked.closes_at + timedelta(minutes=minutes)
    assert person.enter().status_code == 303
    clock.now += timedelta(seconds=1)
    assert person.enter().status_code == 410
    assert timedelta(minutes=minutes) == invitations.GRACE


def test_the_server_opens_when_said(session, asked):
    asked.state, hours = "closed", values("opened_by_server")["hours"]
    session.flush()
    due = asked.closes_at + timedelta(hours=hours)
    assert asked in rounds.due_to_open(session, due)
    assert asked not in rounds.due_to_open(session, due - timedelta(seconds=1))


def test_comments_wait_for_as_many_writers_as_said():
    said = values("comments")
    writers = [[str(at % said["organizations"]), "text"] for at in range(said["people"])]

    def released(rows):
        return _comments(
            [
                {"organization": organization, "comments": [{"topic": "", "kind": "O1", "text": t, "audience": "all"}]}
                for organization, t in rows
            ]
        )

    assert len(released(writers)) == said["people"]
    assert released([*writers[:-1], ["9", ""]]) == ()  # answered, but wrote nothing
    assert released([[str(at % (said["organizations"] - 1)), t] for at, (_, t) in enumerate(writers)]) == ()


def test_other_numbers_are_those_in_use():
    assert values("level_B") == {"raters": estimation_dyads.FEWEST_RATERS}
    assert values("backups") == {"backups": backup.KEPT}
    assert values("keys_apart") == {"places": len(APART.keystore)}


# Settings -------------------------------------------------------------------------------------------------------------


def test_keys_beside_the_data_are_admitted():
    assert keys_lie_beside_data(Settings())
    assert keys_lie_beside_data(demonstration_settings())
    assert not keys_lie_beside_data(APART)
    elsewhere = APART.model_copy(update={"database_url": "postgresql://db/x", "keystore": (Path("/data/keys"),)})
    assert keys_lie_beside_data(elsewhere)  # the folder of backups


@pytest.mark.parametrize("terms", TERMS)
def test_the_notice_says_what_the_round_was_set_to(terms):
    codes = {one.code for one in promises(APART, terms)}
    assert ("positions" in codes) == (terms.dyadic_mode == "positions") == (f"level_{terms.disclosure_level}" in codes)
    assert ("opened_by_server" in codes) == (terms.needed == 0) == ("opened_by_holders" not in codes)
    assert ("unpaired" in codes) == (not terms.pairing)
    assert ("paired_by_server" in codes) == (terms.pairing and not terms.needed)


def test_terms_are_read_from_the_round(session, keystore):
    partnership = make_partnership(session, dyadic_mode="personal", disclosure_level="C", pairing=False)
    open_round_ = make_round(session, keystore, partnership=partnership)
    assert notices.terms_of(session, partnership, open_round_) == Terms("personal", "C", pairing=False)


def test_codes_needed_are_those_of_the_lock(session, keystore):
    partnership = make_partnership(session)
    ready_circle(session, partnership, keystore, needed=2, holders=3)
    locked = make_round(session, keystore, partnership=partnership)
    partnership.keys_needed = 0  # changed afterwards, which changes nothing for this round
    assert notices.terms_of(session, partnership, locked) == Terms("positions", "B", pairing=True, needed=2, holders=3)


def test_means_kept_for_the_next_round_open_with_the_codes_only(session, keystore):
    partnership = make_partnership(session)
    ready_circle(session, partnership, keystore)
    locked = make_round(session, keystore, partnership=partnership)
    earlier = EarlierRound(1, locked.closed_on, 1, {}, {}, {})
    write_box(session, keystore, locked, [earlier])
    session.flush()
    assert read_box(session, keystore, locked) == []


LEVELS_SEEN = [("A", set(), set()), ("B", {"pair"}, set()), ("C", {"pair", "partner"}, {"pair", "partner"})]


@pytest.mark.parametrize(("level", "facilitator_sees", "all_see"), LEVELS_SEEN)
def test_positions_are_as_open_as_said(level, facilitator_sees, all_see):
    cells = [cell for cell in dyad_cells(four_positions(), level) if cell.value is not None]

    def kinds(*audiences):
        return {cell.target.split(":")[0] for cell in cells if cell.audience in audiences} & {"pair", "partner"}

    assert kinds("all") == all_see
    assert kinds("all", "facilitator") >= facilitator_sees
    numbers = [cell for cell in cells if cell.audience.startswith("partner:")]
    assert all(cell.target == cell.audience and cell.estimate == "received" for cell in numbers)
    assert bool(numbers) == (level == "B")


def four_positions():
    partners = [Partner(str(at), f"Partner {at}", kind, side) for at, (kind, side) in enumerate(KINDS)]
    said = [{"D0": "some", "D1": at + 4, "D2": at + 3, "D5": 9 - at, "D7": 7, "D8": 5} for at in range(4)]
    positions = [
        {"organization": str(i), "ratings": {str(j): said[(i + j) % 4] for j in range(4) if i != j}} for i in range(4)
    ]
    return answers_of_round(standard_instrument(), 1, date(2026, 6, 1), partners, None, [], positions)


# What is stored -------------------------------------------------------------------------------------------------------


def test_every_table_is_explained_or_holds_nothing_of_an_answer():
    assert set(metadata.tables) == set(stored.ANSWER_TABLES) | stored.OTHER_TABLES
    assert not set(stored.ANSWER_TABLES) & stored.OTHER_TABLES


@pytest.mark.parametrize("table", sorted(stored.ANSWER_TABLES))
def test_every_column_has_a_sentence_and_every_sentence_a_column(table):
    assert set(stored.ANSWER_TABLES[table][1]) == columns(table)


def test_every_part_of_the_box_has_a_sentence():
    assert set(stored.PERSONAL_PARTS) == answers.PERSONAL
    assert set(stored.POSITION_PARTS) == answers.POSITION


def test_an_unexplained_column_is_noticed(monkeypatch):
    title, sentences = stored.ANSWER_TABLES["ballot"]
    fewer = {name: text for name, text in sentences.items() if name != "box"}
    monkeypatch.setattr(stored, "ANSWER_TABLES", {"ballot": (title, fewer)})
    with pytest.raises(KeyError, match="box"):
        stored.stored_tables()


def test_kept_answers_are_without_organization_and_language():
    assert columns("response") == {"id", "round_id", "construct", "answers"}
    assert set(Response.model_fields) == {"id", "round_id", "construct_code", "answers"}


def test_nothing_says_who_answered(session, invited, asked):
    person = invited()
    before = session.get_one(Invitation, person.invitation.id).model_dump()
    acts = len(session.exec(select(AuditEntry)).all())
    person.hand_in()
    session.expire_all()
    assert session.exec(select(Ballot)).all()
    assert session.get_one(Invitation, person.invitation.id).model_dump() == before
    assert len(session.exec(select(AuditEntry)).all()) == acts


def test_boxes_are_as_long_as_said(session, invited, asked):
    invited(0).hand_in()
    person = invited(1)
    person.save("V", V1="7")
    person.hand_in()
    lengths = {len(one.box) for one in session.exec(select(Ballot)).all()}
    overhead = 48  # of a sealed box: a public key and a digest
    assert lengths == {asked.box_size + overhead}


def test_every_cookie_is_listed(client, invited, log_in, amina):
    person = invited(entered=False)
    seen = set()
    for answer in (
        person.enter(),
        person.browser.post("/language", data={"language": "fr", "back": "/"}),
        person.hand_in(),
        log_in(amina).get("/partnerships"),
    ):
        seen |= {header.split("=")[0] for header in answer.headers.get_list("set-cookie")}
    by_link = {one.ENTRANCE.cookie for one in (approving, holding, joining, signing)}
    assert seen | by_link | {"session", "half_way", "new_factor", "known_browser"} == set(stored.COOKIES)
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "server").rglob("*.py"))
    in_entrances = 1  # for all of them
    cookies = re.findall(r"\.set_cookie\(|= Entrance\(", sources)
    assert len(cookies) - in_entrances == len(stored.COOKIES)


# Pages ----------------------------------------------------------------------------------------------------------------


def test_they_are_reached_from_the_welcome_page_and_while_answering(invited):
    person = invited()
    for path in ("/answer", "/answer/part/V"):
        page = person.see(path).text
        assert 'href="/privacy"' in page
        assert 'href="/stored"' in page


def test_privacy_page_of_a_round(session, invited, asked):
    asked.disclosure_level = "C"
    page = text_of(invited().see("/privacy").text)
    assert "All positions are open to all partners." in page
    assert "The server opens the round by itself, 2 hours after closing time" in page
    assert "Open your personal link first" not in page


def test_welcome_page_and_notice_say_the_same(invited):
    person = invited()
    welcome = text_of(person.see("/answer").text)
    said = values("floors")
    assert f"fewer than {said['people']} people or fewer than {said['organizations']} organizations" in welcome
    assert f"another {values('accepted')['minutes']} minutes" in welcome
    assert f"from at least {values('level_B')['raters']} organizations" in welcome
    said = values("comments")
    written = text_of(person.see("/answer/part/open").text)
    assert f"at least {said['people']} people of {said['organizations']} organizations have written" in written


@pytest.mark.parametrize("path", ["/privacy", "/stored"])
def test_without_a_link(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert "/answer" not in page.text


@pytest.mark.parametrize("path", ["/privacy", "/stored"])
def test_after_the_round_has_closed(invited, asked, clock, path):
    person = invited()
    clock.now = asked.closes_at + timedelta(hours=3)
    assert person.browser.get(path).status_code == 200


def test_stored_page_lists_every_column(invited):
    page = invited().see("/stored").text
    for table in stored.ANSWER_TABLES:
        assert f"<code>{table}</code>" in page
        for column in columns(table):
            assert f"<code>{column}</code>" in page


def test_without_pairing_nothing_is_carried_over(session, invited, asked):
    person = invited()
    session.get_one(Partnership, asked.partnership_id).pairing = False
    session.flush()
    assert "<code>carry_over</code>" not in person.see("/stored").text
    assert "Nothing about your organization is kept" in text_of(person.see("/privacy").text)


@pytest.mark.parametrize("path", ["/privacy", "/stored"])
def test_in_khmer_nothing_is_left_in_english(client, path):
    client.cookies.set("language", "km")
    page = re.sub(r"<code>.*?</code>", "", client.get(path).text)
    assert set(re.findall(r"[A-Za-zÀ-ÿ]{2,}", text_of(page))) <= {"Rapport", "English", "Français"}
