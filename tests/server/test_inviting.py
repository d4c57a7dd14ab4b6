"""/rounds/{number}/list, /links and /people/...: who is invited, and the links to hand out."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from server.invitees import lines_of, read_list
from surveys import accounts, contacts, rounds
from surveys.invitations import redeem
from surveys.models import AuditEntry
from surveys.partnerships import members_on
from surveys.problems import LinkNotOpen
from tests.factories import cast_all, make_account, make_round, secret_of
from tests.server.conftest import text_of, workbook


def address(partnership, rest):
    return f"/partnerships/{partnership.id}/rounds/1{rest}"


def dark_squares(svg):
    """(column, row) of every dark square of a drawn QR code, without its border."""
    found, x, y = set(), 0.0, 0.0
    for command, one, two in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", svg.split('stroke="#000" d="')[1]):
        if command == "h":
            found |= {(int(x) + at - 3, int(y) - 3) for at in range(int(one))}
        x = x + float(one) if command != "M" else float(one)
        y = y if command == "h" else y + float(two) if command == "m" else float(two)
    return found


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def prepared(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership, state="prepared")


@pytest.fixture
def opened(session, keystore, partnership):
    return make_round(session, keystore, partnership=partnership)


@pytest.fixture
def names(session, partnership, now):
    return [one.name for _, one in members_on(session, partnership.id, now.date())]


def people(session, round_):
    return list(rounds.invitations_of(session, round_))


class TestList:
    def test_it_works(self, as_amina, session, partnership, prepared, names):
        assert "; en" not in names[0]
        assert names[0] in html.unescape(as_amina.get(address(partnership, "/list")).text)
        text = f"Sok Dara; Dara@Example.org; {names[0]}; km\n\nEmma Roy; emma@example.org; {names[1].upper()}\n"
        answer = as_amina.post(address(partnership, "/list"), data={"text": text})
        assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, ""))
        found = people(session, prepared)
        assert [(one.person, one.email, one.language) for one in found] == [
            ("Emma Roy", "emma@example.org", "en"),
            ("Sok Dara", "dara@example.org", "km"),
        ]

    def test_what_was_saved_can_be_changed(self, as_amina, session, partnership, prepared):
        before = {(one.person, one.email) for one in people(session, prepared)}
        form = as_amina.get(address(partnership, "/list")).text
        text = html.unescape(form.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0])
        assert as_amina.post(address(partnership, "/list"), data={"text": text}).status_code == 303
        assert {(one.person, one.email) for one in people(session, prepared)} == before

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_file(self, as_amina, session, partnership, prepared, names, encoding):
        text = f'Email,Name,Organization,Language\r\nd@example.org,"សុខ, ដារ៉ា",{names[0]},KM\r\n'
        file = {"file": ("list.csv", text.encode(encoding), "text/csv")}
        answer = as_amina.post(address(partnership, "/list"), data={"text": "ignored"}, files=file)
        assert answer.status_code == 303
        assert [one.person for one in people(session, prepared)] == ["សុខ, ដារ៉ា"]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"PK\x03\x04\xff\xff\x80", "This workbook cannot be read"),
            (b"\xff\xd8\xff\xe0 a picture", "This file is not text in UTF-8."),
            (b"name\x00;x", "This file is not text in UTF-8."),
        ],
    )
    def test_file_that_is_no_list(self, as_amina, session, partnership, prepared, content, words):
        answer = as_amina.post(address(partnership, "/list"), files={"file": ("list.xlsx", content, "application/zip")})
        assert answer.status_code == 422
        assert words in answer.text
        assert len(people(session, prepared)) == 8

    def test_workbook(self, as_amina, session, partnership, prepared, names):
        rows = [["Name", "E-mail", "Organization", "Language"], ["Sok Dara", "dara@example.org", names[0], "km"]]
        answer = as_amina.post(address(partnership, "/list"), files={"file": ("l.xlsx", workbook(rows), "x/y")})
        assert answer.status_code == 303
        assert [(one.person, one.language) for one in people(session, prepared)] == [("Sok Dara", "km")]

    def test_faults_of_a_workbook_are_named_by_cell(self, as_amina, session, partnership, prepared, names):
        rows = [["Name", "Organization", "E-mail"], ["Sok", names[0], "sok"], [], ["Dara", "Nobody", "d@example.org"]]
        answer = as_amina.post(address(partnership, "/list"), files={"file": ("l.xlsx", workbook(rows), "x/y")})
        assert "Cell C2: “sok” is not an e-mail address" in read(answer)
        assert "Cell B4: “Nobody” is not a partner" in read(answer)
        assert len(people(session, prepared)) == 8

    def test_proposed_from_the_contacts(self, as_amina, session, partnership, prepared, names):
        rounds.set_list(session, prepared, [])
        member = members_on(session, partnership.id, prepared.opens_at.date())[0][1]
        contacts.put(session, partnership.id, [contacts.Named("Sok", "sok@example.org", member.id, "Director", "km")])
        page = as_amina.get(address(partnership, "/list"))
        assert "Proposed from the contacts" in page.text
        assert f"Sok;sok@example.org;{member.name};km" in html.unescape(page.text)
        assert people(session, prepared) == []

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("Dara; dara@example.org", "a person and an organization are needed"),
            ("Dara; {name}", "a person and an organization are needed"),
            ("Dara; dara; {name}", "“dara” is not an e-mail address"),
            ("Dara; a@b.org, c@d.org; {name}", "is not an e-mail address"),
            ("Dara; a@b; {name}", "“a@b” is not an e-mail address"),
            ("Dara; =?utf-8?q?x?=@b.org; {name}", "is not an e-mail address"),
            ("Dara; " + "x" * 320 + "@b.org; {name}", "is not an e-mail address"),
            ("Dara; dara@example.org; <svg onload=x>", "“<svg onload=x>” is not a partner of this partnership"),
            ("Dara; dara@example.org; {name}; de", "“de” is not one of the languages en, km, fr"),
            ("Dara; FIRST@example.org; {name}", "this address stands on line 1 already"),
            ("D\u202eara; dara@example.org; {name}", "holds signs that cannot be printed"),
        ],
    )
    def test_fault_is_named_with_its_line(self, as_amina, session, partnership, prepared, names, line, words):
        text = f"First; first@example.org; {names[0]}\n" + line.format(name=names[1])
        answer = as_amina.post(address(partnership, "/list"), data={"text": text})
        assert answer.status_code == 422
        assert "Line 2: " in read(answer)
        assert words in html.unescape(answer.text)
        assert "Nothing was saved" in answer.text
        assert "<svg onload" not in answer.text
        assert len(people(session, prepared)) == 8

    def test_people_without_an_address(self, as_amina, session, partnership, prepared, names):
        text = f"Dara;;{names[0]};km\nEmma; emma@example.org; {names[0]}\nRoy; ; {names[0]}\nDara; ; {names[1]}\n"
        assert as_amina.post(address(partnership, "/list"), data={"text": text}).status_code == 303
        assert sorted((one.person, one.email) for one in people(session, prepared) if one.email) == [
            ("Emma", "emma@example.org")
        ]
        assert [one.person for one in people(session, prepared) if one.email is None] == ["Dara", "Dara", "Roy"]
        assert "3 people get a printed letter instead of mails." in read(as_amina.get(address(partnership, "")))
        shown = html.unescape(as_amina.get(address(partnership, "/list")).text)
        assert f"Dara;;{names[0]};km" in shown
        again = shown.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]
        assert as_amina.post(address(partnership, "/list"), data={"text": again}).status_code == 303
        assert len(people(session, prepared)) == 4

    @pytest.mark.parametrize("lines", ["{d};;{a}\n{e};;{a}", "{d};d@x.org;{a}\n{e};;{a}", "{d};;{a}\n{e};d@x.org;{a}"])
    def test_two_people_nobody_could_tell_apart(self, as_amina, session, partnership, prepared, names, lines):
        text = lines.format(d="Sok Dara", e="SOK \u200bdara", a=names[0])
        answer = as_amina.post(address(partnership, "/list"), data={"text": text})
        assert answer.status_code == 422
        assert "Line 2: line 1 names a person of this name in this organization" in read(answer)
        assert len(people(session, prepared)) == 8

    def test_two_of_one_name_with_addresses_are_two(self, as_amina, session, partnership, prepared, names):
        text = f"Dara; one@example.org; {names[0]}\nDara; two@example.org; {names[0]}"
        assert as_amina.post(address(partnership, "/list"), data={"text": text}).status_code == 303
        assert len(people(session, prepared)) == 2

    def test_workbook_without_a_column_of_addresses(self, as_amina, session, partnership, prepared, names):
        rows = [["Name", "Organization"], ["Sok Dara", names[0]]]
        answer = as_amina.post(address(partnership, "/list"), files={"file": ("l.xlsx", workbook(rows), "x/y")})
        assert answer.status_code == 303
        assert [(one.person, one.email) for one in people(session, prepared)] == [("Sok Dara", None)]

    def test_column_nobody_knows_is_not_passed_over(self, as_amina, session, partnership, prepared, names):
        rows = [["Name", "Electronic post", "Organization"], ["Sok Dara", "dara@example.org", names[0]]]
        answer = as_amina.post(address(partnership, "/list"), files={"file": ("l.xlsx", workbook(rows), "x/y")})
        assert "Cell B1: “Electronic post” is not an e-mail address" in read(answer)
        assert len(people(session, prepared)) == 8

    def test_invisible_spaces_of_khmer_are_text(self, as_amina, session, partnership, prepared, names):
        spaced = names[0].replace(" ", " \u200b")
        text = f"សុខ\u200bដារ៉ា; d@example.org; {spaced}; km"
        assert as_amina.post(address(partnership, "/list"), data={"text": text}).status_code == 303
        assert [one.person for one in people(session, prepared)] == ["សុខ\u200bដារ៉ា"]

    @pytest.mark.parametrize("text", ["x" * 140_000, 'Dara; "' + "y" * 140_000, "a;b;c\n" * 1002])
    def test_too_much_is_refused_in_words(self, as_amina, session, partnership, prepared, text):
        answer = as_amina.post(address(partnership, "/list"), data={"text": text})
        assert answer.status_code == 422
        assert "Line " in answer.text
        assert len(people(session, prepared)) == 8

    def test_every_fault_at_once(self, as_amina, partnership, prepared):
        answer = as_amina.post(address(partnership, "/list"), data={"text": "a\nb\nc"})
        assert all(f"Line {line}:" in answer.text for line in (1, 2, 3))

    def test_new_list_needs_a_new_approval(self, as_amina, session, partnership, prepared, names):
        rounds.approve(session, prepared, by="Dara")
        as_amina.post(address(partnership, "/list"), data={"text": f"Sok; sok@example.org; {names[0]}"})
        assert prepared.approved_by == ""
        assert "At least 5 people from 3 organizations are needed" in read(as_amina.get(address(partnership, "")))

    def test_frozen_after_the_start(self, as_amina, session, partnership, opened, names):
        assert as_amina.get(address(partnership, "/list")).status_code == 409
        answer = as_amina.post(address(partnership, "/list"), data={"text": f"Sok; sok@example.org; {names[0]}"})
        assert answer.status_code == 409
        assert len(people(session, opened)) == 8

    def test_stranger_finds_nothing(self, log_in, stranger, partnership, prepared):
        browser_of = log_in(stranger)
        assert browser_of.get(address(partnership, "/list")).status_code == 404
        assert browser_of.post(address(partnership, "/list"), data={"text": ""}).status_code == 404


class TestLinks:
    def test_it_works(self, as_amina, session, keystore, partnership, opened):
        answer = as_amina.post(address(partnership, "/links"))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert "Who holds a link can answer in that person's name." in read(answer)
        for one in people(session, opened):
            assert answer.text.count(f"http://127.0.0.1:8000/i#{secret_of(keystore, opened, one)}<") == 1

    def test_qr_codes_hold_the_links(self, as_amina, session, keystore, partnership, opened):
        drawn = as_amina.post(address(partnership, "/links")).text.split('class="qr"')[1:]
        links = [f"http://127.0.0.1:8000/i#{secret_of(keystore, opened, one)}" for one in people(session, opened)]
        codes = [segno.make(link, error="m").matrix for link in links]
        wanted = [{(x, y) for y, row in enumerate(code) for x, dark in enumerate(row) if dark} for code in codes]
        found = [dark_squares(one.split("</svg>")[0]) for one in drawn]
        assert sorted(map(sorted, found)) == sorted(map(sorted, wanted))

    def test_once(self, as_amina, log_in, amina, clock, session, partnership, opened):
        as_amina.post(address(partnership, "/links"))
        assert as_amina.post(address(partnership, "/links")).status_code == 200  # a double click loses nothing
        clock.now += timedelta(minutes=16)
        answer = log_in(amina).post(address(partnership, "/links"))
        assert answer.status_code == 409
        assert "All links were shown before." in answer.text
        assert "/i#" not in answer.text
        acts = [entry.act for entry in session.exec(AuditEntry.__table__.select()).all()]
        assert acts.count("showed all links") == 1
        assert "All links were shown to amina@example.org on 15 June 2026" in read(
            as_amina.get(address(partnership, ""))
        )

    def test_not_to_a_second_facilitator(self, as_amina, log_in, session, partnership, opened):
        as_amina.post(address(partnership, "/links"))
        bora = make_account(session, "bora")
        accounts.entrust(session, bora, partnership.id)
        session.flush()
        assert log_in(bora).post(address(partnership, "/links")).status_code == 409

    def test_says_nothing_about_who_answered(self, as_amina, session, keystore, partnership, opened):
        before = as_amina.post(address(partnership, "/links")).text
        cast_all(session, keystore, opened, T1=7)
        assert as_amina.post(address(partnership, "/links")).text == before

    def test_lost_link_is_shown_alone(self, as_amina, session, keystore, partnership, opened):
        first, second, *_ = people(session, opened)
        answer = as_amina.post(address(partnership, f"/people/{first.id}/link"))
        assert secret_of(keystore, opened, first) in answer.text
        assert secret_of(keystore, opened, second) not in answer.text

    @pytest.mark.parametrize("state", ["prepared", "closed", "released"])
    def test_only_while_open(self, as_amina, session, partnership, opened, state):
        opened.state = state
        session.flush()
        assert as_amina.post(address(partnership, "/links")).status_code == 409

    def test_reading_shows_nothing(self, as_amina, partnership, opened):
        assert as_amina.get(address(partnership, "/links")).status_code == 405

    def test_stranger_finds_nothing(self, log_in, stranger, partnership, opened):
        assert log_in(stranger).post(address(partnership, "/links")).status_code == 404


class TestPeople:
    def test_corrected_address_keeps_the_link(self, as_amina, session, keystore, partnership, opened, now):
        one = people(session, opened)[0]
        secret = secret_of(keystore, opened, one)
        answer = as_amina.post(address(partnership, f"/people/{one.id}/address"), data={"email": " New@Example.org "})
        assert answer.status_code == 303
        assert one.email == "new@example.org"
        assert redeem(session, secret, now=now).invitation.id == one.id

    def test_address_added_later(self, as_amina, session, partnership, opened):
        one = people(session, opened)[0]
        one.email = None
        session.flush()
        page = read(as_amina.get(address(partnership, "")))
        assert "without an e-mail address: gets a printed letter" in page
        assert "1 person gets a printed letter instead of mails." in page
        assert (
            as_amina.post(address(partnership, f"/people/{one.id}/address"), data={"email": "n@x.org"}).status_code
            == 303
        )
        assert one.email == "n@x.org"
        assert "gets a printed letter" not in read(as_amina.get(address(partnership, "")))

    @pytest.mark.parametrize("email", ["", "x", "a@b.org\nBcc: c@d.org", "a b@c.org", '"a@b" <c@d.org>'])
    def test_wrong_address_changes_nothing(self, as_amina, session, partnership, opened, email):
        one = people(session, opened)[0]
        before = one.email
        answer = as_amina.post(address(partnership, f"/people/{one.id}/address"), data={"email": email})
        assert answer.status_code == 422
        assert "nothing was changed" in answer.text
        assert one.email == before

    def test_address_of_somebody_else(self, as_amina, session, partnership, opened):
        one, other, *_ = people(session, opened)
        answer = as_amina.post(address(partnership, f"/people/{one.id}/address"), data={"email": other.email.upper()})
        assert answer.status_code == 422
        assert "Somebody else on the list has this address" in answer.text

    def test_gone_closes_the_link(self, as_amina, session, keystore, partnership, opened, now):
        one = people(session, opened)[0]
        for _ in range(2):
            assert as_amina.post(address(partnership, f"/people/{one.id}/gone")).status_code == 303
        with pytest.raises(LinkNotOpen):
            redeem(session, secret_of(keystore, opened, one), now=now)
        assert sum(opened.invited.values()) == 8
        assert "declared gone" in read(as_amina.get(address(partnership, "")))
        assert as_amina.post(address(partnership, f"/people/{one.id}/link")).status_code == 404

    @pytest.mark.parametrize("act", ["link", "gone", "address"])
    def test_person_of_another_round(self, as_amina, session, keystore, partnership, opened, act):
        elsewhere = people(session, make_round(session, keystore))[0]
        data = {"email": "new@example.org"}
        assert as_amina.post(address(partnership, f"/people/{elsewhere.id}/{act}"), data=data).status_code == 404
        assert as_amina.post(address(partnership, f"/people/{uuid4()}/{act}"), data=data).status_code == 404
        assert not elsewhere.gone

    @pytest.mark.parametrize("act", ["link", "gone", "address"])
    def test_stranger_finds_nothing(self, log_in, stranger, session, partnership, opened, act):
        one = people(session, opened)[0]
        answer = log_in(stranger).post(address(partnership, f"/people/{one.id}/{act}"), data={"email": "x@example.org"})
        assert answer.status_code == 404
        assert not one.gone


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_list_or_has_faults(text):
    found, faults = read_list(lines_of(text), [], str)
    assert found == []
    assert all(fault.sentence for fault in faults)
