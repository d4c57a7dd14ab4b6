"""A charter signed on paper: entered by the facilitator, with its scan, which whoever reads the charter may fetch."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest

from surveys import accounts, audit, charter, charter_scans, charter_versions, kept_files, partnerships, signing
from surveys.problems import NotFound
from tests.factories import NOW, make_account, make_partnership
from tests.server.conftest import text_of
from tests.server.test_disputes import HTML, PDF, PNG

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40) + b"\xff\xd9"
REFUSED = "Nothing was entered: a scan is a PDF, PNG or JPEG file, as its name says, of at most 2 MB."


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/charter{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def unsigned(session, partnership):
    """Version 2 is being signed by nobody yet; its partners."""
    draft = charter_versions.begin_draft(session, partnership, reason="Faster answers")
    charter_versions.write_section(session, draft, "vision", {"vision": "Rain for all"}, today=NOW.date())
    signing.put_to_signature(session, draft, on=NOW.date())
    session.flush()
    return signing.unsigned(session, draft, NOW.date())


def enter(browser, partnership, organization, *scan, **given):
    """As a browser without JavaScript sends the form; a field for a file that was left empty has no name."""
    form = {
        "organization": str(organization.id),
        "person": "Anna Berg",
        "signed_on": NOW.date().isoformat(),
        "note": "Folder 7",
    }
    return browser.post(address(partnership, "/paper"), data={**form, **given}, files={"file": scan or ("", b"")})


def scan_of(partnership, organization, number=2):
    return address(partnership, f"/versions/{number}/scans/{organization.id}")


def signature_of(session, partnership, organization):
    return charter.signatures(session, charter.current(session, partnership.id)).get(organization.id)


def test_it_works(log_in, amina, session, partnership, unsigned):
    browser = log_in(amina)
    form = browser.get(address(partnership)).text
    assert form.count('enctype="multipart/form-data"') == len(unsigned)
    assert 'name="file" type="file"' in form
    answer = enter(browser, partnership, unsigned[0], "../../paper of ministry.PDF", PDF)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership))
    page = browser.get(address(partnership))
    assert "signed on paper, entered by the facilitator" in read(page)
    assert f"Entered by {amina.name}" in read(page)
    assert "Scan of the signed paper (PDF)" in read(page)
    assert f'href="{scan_of(partnership, unsigned[0])}" download' in page.text
    file = browser.get(scan_of(partnership, unsigned[0]))
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="paper-of-ministry.pdf"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert audit.verify_chain(session) is None


@pytest.mark.parametrize(
    ("name", "content", "kind"), [("a.png", PNG, "image/png"), ("a.JPEG", JPEG, "image/jpeg")], ids=["png", "jpeg"]
)
def test_pictures_are_scans_too(log_in, amina, partnership, unsigned, name, content, kind):
    browser = log_in(amina)
    assert enter(browser, partnership, unsigned[0], name, content).status_code == 303
    file = browser.get(scan_of(partnership, unsigned[0]))
    assert (file.content, file.headers["content-type"]) == (content, kind)


def test_largest_scan_fits(log_in, amina, partnership, unsigned):
    content = PNG[:20] + bytes(kept_files.LARGEST - len(PNG)) + PNG[20:]
    assert len(content) == kept_files.LARGEST
    assert enter(log_in(amina), partnership, unsigned[0], "a.png", content).status_code == 303


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", HTML),
        ("a.pdf", PNG),
        ("a.png", PDF),
        ("a.html", HTML),
        ("a.txt", b"signed"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.pdf", b""),
        ("pdf", PDF),
        ("x" * 300 + ".pdf", PDF),
        ("a\u202efdp.pdf", PDF),
        ("a.png", PNG[:20] + bytes(2 * 1024 * 1024) + PNG[20:]),
    ],
    ids=["html", "png", "pdf", "page", "text", "svg", "empty", "no-suffix", "long", "turned", "large"],
)
def test_what_is_no_scan_enters_nothing(log_in, amina, session, partnership, unsigned, name, content):
    browser = log_in(amina)
    answer = enter(browser, partnership, unsigned[0], name, content)
    assert answer.status_code == 422
    assert read(answer).count(REFUSED) == 1
    session.expire_all()
    assert signature_of(session, partnership, unsigned[0]) is None
    assert browser.get(scan_of(partnership, unsigned[0])).status_code == 404


def test_endless_file_is_stopped(log_in, amina, session, partnership, unsigned):
    assert enter(log_in(amina), partnership, unsigned[0], "a.pdf", bytes(3_000_000)).status_code == 413
    assert signature_of(session, partnership, unsigned[0]) is None


def test_last_paper_with_a_bad_scan_brings_nothing_into_force(log_in, amina, session, partnership, unsigned):
    browser = log_in(amina)
    *others, last = unsigned
    for one in others:
        assert enter(browser, partnership, one).status_code == 303
    assert enter(browser, partnership, last, "a.pdf", HTML).status_code == 422
    session.expire_all()
    assert charter.in_force(session, partnership.id).version == 1
    assert enter(browser, partnership, last, "a.pdf", PDF).status_code == 303
    assert charter.in_force(session, partnership.id).version == 2


def test_scan_is_optional_and_old_papers_still_show(log_in, amina, session, partnership, unsigned):
    browser = log_in(amina)
    assert enter(browser, partnership, unsigned[0]).status_code == 303
    signature_of(session, partnership, unsigned[0]).entered_by = ""  # as before it was kept
    session.flush()
    page = browser.get(address(partnership))
    assert "signed on paper, entered by the facilitator" in read(page)
    assert "Paper: Folder 7" in read(page)
    assert "Entered by" not in read(page)
    assert "/scans/" not in page.text
    assert browser.get(scan_of(partnership, unsigned[0])).status_code == 404


def test_sent_twice_the_first_stays(log_in, amina, partnership, unsigned):
    browser = log_in(amina)
    enter(browser, partnership, unsigned[0], "a.pdf", PDF)
    answer = enter(browser, partnership, unsigned[0], "a.png", PNG)
    assert answer.status_code == 422
    assert "This partner has signed already. Nothing was changed." in read(answer)
    assert browser.get(scan_of(partnership, unsigned[0])).content == PDF


@pytest.mark.parametrize("role", ["reader", "trustee", "representative"])
def test_whoever_reads_the_charter_opens_the_scan(log_in, amina, session, partnership, unsigned, role):
    enter(log_in(amina), partnership, unsigned[0], "a.pdf", PDF)
    account = make_account(session, role)
    place = {"organization_id": unsigned[1].id} if role == "representative" else {}
    accounts.entrust(session, account, partnership.id, role=role, **place)
    session.flush()
    browser = log_in(account)
    assert scan_of(partnership, unsigned[0]) in browser.get(address(partnership)).text
    assert browser.get(scan_of(partnership, unsigned[0])).content == PDF
    assert enter(browser, partnership, unsigned[1], "a.pdf", PDF).status_code == 404


def test_stranger_finds_nothing(log_in, amina, stranger, session, partnership, unsigned):
    enter(log_in(amina), partnership, unsigned[0], "a.pdf", PDF)
    browser = log_in(stranger)
    assert browser.get(scan_of(partnership, unsigned[0])).status_code == 404
    assert enter(browser, partnership, unsigned[1], "a.pdf", PDF).status_code == 404
    assert signature_of(session, partnership, unsigned[1]) is None


def test_nobody_is_sent_to_the_login(client, partnership, unsigned):
    assert client.get(scan_of(partnership, unsigned[0])).headers["location"] == "/login"


def test_scan_belongs_to_its_partnership_and_version(log_in, amina, session, partnership, unsigned):
    browser = log_in(amina)
    enter(browser, partnership, unsigned[0], "a.pdf", PDF)
    elsewhere = make_partnership(session)
    accounts.entrust(session, amina, elsewhere.id)
    session.flush()
    assert browser.get(scan_of(elsewhere, unsigned[0])).status_code == 404
    for number in (1, 3):
        assert browser.get(scan_of(partnership, unsigned[0], number)).status_code == 404
    assert browser.get(address(partnership, f"/versions/2/scans/{uuid4()}")).status_code == 404
    with pytest.raises(NotFound):
        charter_scans.get(session, partnership.id, 2, unsigned[1].id)


@pytest.mark.parametrize("there", ["/versions/2/scans/x", "/versions/0/scans/{id}", "/versions/x/scans/{id}"])
def test_malformed_addresses(log_in, amina, partnership, unsigned, there):
    answer = log_in(amina).get(address(partnership, there.format(id=unsigned[0].id)))
    assert answer.status_code in (404, 422)


def test_no_charter_no_paper(log_in, amina, session):
    made = partnerships.create_partnership(session, code="bare", title="Bare", goal="A goal")
    accounts.entrust(session, amina, made.id)
    session.flush()
    assert log_in(amina).post(address(made, "/paper"), data={"organization": str(uuid4())}).status_code == 404


def test_text_no_keyboard_makes(log_in, amina, session, partnership, unsigned):
    assert enter(log_in(amina), partnership, unsigned[0], note="Folder\x007").status_code == 422
    assert signature_of(session, partnership, unsigned[0]) is None
