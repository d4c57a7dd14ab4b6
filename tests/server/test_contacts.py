"""/partnerships/{id}/contacts: people of the partners, one by one or as a list, and what a bad list is answered."""

from __future__ import annotations

import html
import io
import zipfile
from uuid import uuid4

import pytest

from server import spreadsheets
from surveys import contacts
from surveys.partnerships import members_on
from tests.factories import NOW
from tests.server.conftest import text_of, workbook


def read(page):
    return html.unescape(text_of(page.text))


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/contacts{rest}"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def ministry(session, partnership):
    return members_on(session, partnership.id, NOW.date())[0][1]


def people(session, partnership):
    return [(one.person, one.email, one.language) for one in contacts.of_partnership(session, partnership.id)]


def upload(browser, partnership, content, name="list.xlsx"):
    return browser.post(address(partnership, "/upload"), files={"file": (name, content, "application/x")})


def test_it_works(session, as_amina, partnership, ministry):
    assert ministry.name in read(as_amina.get(address(partnership)))
    form = {"person": " Sok  Dara ", "email": " Dara@Example.org ", "organization": str(ministry.id), "language": "km"}
    answer = as_amina.post(address(partnership), data=form | {"function": "Director"})
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership))
    assert people(session, partnership) == [("Sok Dara", "dara@example.org", "km")]
    assert "Director" in read(as_amina.get(address(partnership)))


def test_sent_twice_is_one_person(session, as_amina, partnership, ministry):
    for name in ("Dara", "Sok Dara"):
        form = {"person": name, "email": "dara@example.org", "organization": str(ministry.id)}
        as_amina.post(address(partnership), data=form)
    assert people(session, partnership) == [("Sok Dara", "dara@example.org", "en")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"person": ""}, "Please give a name"),
        ({"person": "x" * 201}, "Please give a name"),
        ({"function": "A\u202eb"}, "Please give a name"),
        ({"email": "dara"}, "not an e-mail address"),
        ({"email": "a@b.org, c@d.org"}, "not an e-mail address"),
        ({"organization": str(uuid4())}, "Please choose the organization"),
        ({"language": "de"}, "Please choose a language."),
    ],
)
def test_wrong_forms(session, as_amina, partnership, ministry, given, words):
    form = {"person": "Dara", "email": "dara@example.org", "organization": str(ministry.id), "language": "en"}
    answer = as_amina.post(address(partnership), data=form | given)
    assert answer.status_code == 422
    assert words in read(answer)
    assert people(session, partnership) == []


def test_without_an_address(session, as_amina, partnership, ministry):
    form = {"organization": str(ministry.id), "function": "Clerk"}
    for name in ("Sok Dara", "sok  dara"):
        assert as_amina.post(address(partnership), data=form | {"person": name}).status_code == 303
    assert people(session, partnership) == [("sok dara", None, "en")]
    assert "without an e-mail address: gets a printed letter" in read(as_amina.get(address(partnership)))
    as_amina.post(address(partnership), data=form | {"person": "Sok Dara", "email": "dara@example.org"})
    assert people(session, partnership) == [("Sok Dara", "dara@example.org", "en")]  # the address was added


def test_two_people_nobody_could_tell_apart(session, as_amina, partnership, ministry):
    form = {"organization": str(ministry.id), "person": "Sok Dara"}
    as_amina.post(address(partnership), data=form | {"email": "dara@example.org"})
    refused = [
        as_amina.post(address(partnership), data=form),
        as_amina.post(
            address(partnership, "/upload"), data={"text": f"Emma;;{ministry.name}\nSok Dara;;{ministry.name}"}
        ),
    ]
    for answer in refused:
        assert answer.status_code == 422
        assert "There are two people called Sok Dara in this organization" in read(answer)
    assert people(session, partnership) == [("Sok Dara", "dara@example.org", "en")]


def test_removed(session, as_amina, partnership, ministry):
    contacts.put(session, partnership.id, [contacts.Named("Dara", "dara@example.org", ministry.id)])
    (one,) = contacts.of_partnership(session, partnership.id)
    assert as_amina.post(address(partnership, f"/{one.id}/remove")).status_code == 303
    assert people(session, partnership) == []
    assert as_amina.post(address(partnership, f"/{one.id}/remove")).status_code == 404


def test_contact_of_another_partnership(session, log_in, stranger, partnership, ministry):
    contacts.put(session, partnership.id, [contacts.Named("Dara", "dara@example.org", ministry.id)])
    (one,) = contacts.of_partnership(session, partnership.id)
    browser = log_in(stranger)
    assert browser.get(address(partnership)).status_code == 404
    assert browser.post(address(partnership, f"/{one.id}/remove")).status_code == 404
    assert len(people(session, partnership)) == 1


class TestList:
    def test_pasted(self, session, as_amina, partnership, ministry):
        text = f"Sok; sok@example.org; {ministry.name}; km; Director\nEmma; emma@example.org; {ministry.name}"
        assert as_amina.post(address(partnership, "/upload"), data={"text": text}).status_code == 303
        assert people(session, partnership) == [("Emma", "emma@example.org", "en"), ("Sok", "sok@example.org", "km")]

    def test_workbook_with_headings_in_any_order(self, session, as_amina, partnership, ministry):
        rows = [["Courriel", "Nom", "Fonction", "Organisation"], ["sok@example.org", "Sok", "Directeur", ministry.name]]
        assert upload(as_amina, partnership, workbook(rows)).status_code == 303
        (one,) = contacts.of_partnership(session, partnership.id)
        assert (one.person, one.function) == ("Sok", "Directeur")

    def test_every_fault_at_once_and_nothing_saved(self, session, as_amina, partnership, ministry):
        rows = [
            ["Sok", "sok@example.org", ministry.name],
            ["Dara", "dara", ministry.name],
            ["Emma", "SOK@example.org", ministry.name],
            ["Roy", "roy@example.org", "Nobody"],
            ["Ann", "ann@example.org", ministry.name, "de"],
        ]
        page = read(upload(as_amina, partnership, workbook(rows)))
        for words in ("Cell B2:", "Cell B3:", "Cell C4:", "Cell D5:"):
            assert words in page
        assert people(session, partnership) == []

    def test_formulas_are_text(self, session, as_amina, partnership, ministry):
        rows = [['=HYPERLINK("http://x","Sok")', "sok@example.org", ministry.name]]
        upload(as_amina, partnership, workbook(rows))
        assert people(session, partnership)[0][0] == '=HYPERLINK("http://x","Sok")'
        assert "=HYPERLINK" in read(as_amina.get(address(partnership)))

    def test_numbers_and_dates_are_text(self, session, as_amina, partnership, ministry):
        upload(
            as_amina,
            partnership,
            workbook([[12, "sok@example.org", ministry.name], [NOW.replace(tzinfo=None), "b@c.org", "x"]]),
        )
        assert people(session, partnership) == []
        upload(as_amina, partnership, workbook([[12.0, "sok@example.org", ministry.name]]))
        assert people(session, partnership)[0][0] == "12"

    @pytest.mark.parametrize(
        "content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\xff" * 500, b"\xff\xfe\x00", b"%PDF-1.7 \xff"]
    )
    def test_no_spreadsheet(self, session, as_amina, partnership, content):
        answer = upload(as_amina, partnership, content)
        assert answer.status_code in (303, 422)
        assert people(session, partnership) == []

    def test_a_zip_of_something_else(self, as_amina, partnership):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("word/document.xml", "<w/>")
        assert "This workbook cannot be read" in upload(as_amina, partnership, file.getvalue()).text

    def test_a_bomb_is_not_unpacked(self, as_amina, partnership):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b"0" * (spreadsheets.UNPACKED_AT_MOST + 1))
        assert len(file.getvalue()) < 100_000
        assert "This workbook cannot be read" in upload(as_amina, partnership, file.getvalue()).text

    def test_a_directory_that_lies(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/workbook.xml", b"0" * 1_000_000)
        lying = file.getvalue().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        with pytest.raises(spreadsheets.NotASpreadsheet):
            spreadsheets.rows_of(lying)

    def test_thousands_of_rows(self, as_amina, partnership, ministry):
        rows = [[f"P{at}", f"p{at}@example.org", ministry.name] for at in range(1100)]
        assert "a list has at most 1000 lines" in read(upload(as_amina, partnership, workbook(rows)))

    def test_megabytes(self, as_amina, partnership):
        assert upload(as_amina, partnership, b"x" * 400_000).status_code == 413

    def test_whole_list_is_too_long_with_what_is_there(self, session, partnership, ministry):
        many = [contacts.Named(f"P{at}", f"p{at}@example.org", ministry.id) for at in range(contacts.MOST)]
        contacts.put(session, partnership.id, many)
        with pytest.raises(contacts.InvalidInput):
            contacts.put(session, partnership.id, [contacts.Named("One more", "x@example.org", ministry.id)])

    def test_hard_names_are_text(self, as_amina, partnership, ministry):
        rows = [["<img src=x onerror=alert(1)>", "sok@example.org", "<svg onload=x>"]]
        page = upload(as_amina, partnership, workbook(rows)).text
        assert "<svg onload" not in page
        assert "<img src=x" not in page
