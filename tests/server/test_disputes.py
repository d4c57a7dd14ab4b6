"""/partnerships/{id}/disputes: raised by people, read by parties, facilitator and adjudicator, by nobody else."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from surveys import accounts, audit, charter, commitments, dispute_papers, disputes, kept_files, lessons
from surveys.commitments import Promise
from surveys.problems import InvalidInput
from tests.factories import NOW, make_account, make_partnership
from tests.server.conftest import text_of
from tests.server.seats import RAISED

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(20) + b"IEND\xaeB`\x82"
HTML = b"<script>alert(1)</script>"


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/disputes{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def dispute(circle, released):
    return circle.raise_dispute()


def step(browser, partnership, dispute, to, **given):
    form = {"to": to, "version": str(dispute.version), **given}
    return browser.post(address(partnership, f"/{dispute.id}/step"), data=form)


def test_it_works(circle, session, partnership, released):
    ministry = circle.as_("Ministry")
    assert "There is no dispute that you may know of." in ministry.get(address(partnership)).text
    form = {**RAISED, "against": str(circle.members["Northern"].id), "cites": "3|item:T1"}
    assert 'value="3|item:T1"' in ministry.get(address(partnership, "/new")).text
    answer = ministry.post(address(partnership), data=form)
    (dispute,) = disputes.of_partnership(session, partnership.id)
    assert (answer.status_code, answer.headers["location"]) == (303, address(partnership, f"/{dispute.id}"))
    said = read(ministry.get(answer.headers["location"]))
    assert "Rules of the pooled fund" in said
    assert "raised · until 20 June 2026" in said  # five days, by the charter
    assert f"Cited: Round 3, release {dispute.release_digest[:12]}, revision 1." in said
    ministry.post(address(partnership), data=form)
    assert len(disputes.of_partnership(session, partnership.id)) == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"against": ""}, "A dispute needs another party"),
        ({"against": "x"}, "A dispute needs another party"),
        ({"title": " "}, "Please write something here."),
        ({"happened": "x" * 50_000}, "This text has 50000 characters; 4000 fit."),
        ({"cites": "9|item:T1"}, "Please choose one of those offered."),
    ],
)
def test_faults_are_said_and_nothing_raised(circle, session, partnership, released, changed, words):
    form = {**RAISED, "against": str(circle.members["Northern"].id), **changed}
    answer = circle.as_("Ministry").post(address(partnership), data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert disputes.of_partnership(session, partnership.id) == []


@pytest.mark.parametrize("who", ["Village", "Bank", "reader", "trustee"])
def test_others_do_not_find_it(circle, partnership, dispute, who, monkeypatch):
    browser, here = circle.as_(who), address(partnership, f"/{dispute.id}")
    assert browser.get(here).status_code == 404
    for rest in ("/step", "/confirm", "/people", "/parties", "/notes"):
        form = {"to": "acknowledged", "note": "x", "audience": "all", "version": "1"}
        assert browser.post(here + rest, data=form).status_code == 404
    assert browser.post(here + "/documents", files={"file": ("a.pdf", PDF)}).status_code == 404
    said = read(browser.get(address(partnership)))
    assert "A dispute between partners Jun 2026 · going on" in said  # the charter says that all may know
    assert RAISED["title"] not in said
    mechanism = charter.dispute_mechanism(circle.session, partnership.id)
    monkeypatch.setattr(charter, "dispute_mechanism", lambda *_: replace(mechanism, is_existence_public=False))
    assert "A dispute between partners" not in browser.get(address(partnership)).text


def test_dispute_of_another_partnership_by_its_address(circle, session, partnership, dispute):
    """A party's own representative, under the address of another partnership it sits in."""
    other = make_partnership(session)
    ministry = circle.account("Ministry")
    accounts.entrust(session, ministry, other.id, role="reader")
    session.flush()
    assert circle.as_("Ministry").get(address(partnership, f"/{dispute.id}")).status_code == 200
    assert circle.as_("Ministry").get(address(other, f"/{dispute.id}")).status_code == 404


def test_stranger_and_unknown(log_in, stranger, amina, partnership, dispute):
    for rest in ("", "/new", f"/{dispute.id}"):
        assert log_in(stranger).get(address(partnership, rest)).status_code == 404
    for unknown in (uuid4(), "1", "x"):
        assert log_in(amina).get(address(partnership, f"/{unknown}")).status_code == 404


def test_facilitator_stands_in_until_a_neutral_one_is_named(circle, log_in, amina, session, partnership, dispute):
    as_amina = log_in(amina)
    assert step(as_amina, partnership, dispute, "acknowledged").status_code == 303
    named = {"facilitator": str(circle.account("reader").id), "adjudicator": "", "version": str(dispute.version)}
    answer = log_in(amina).post(address(partnership, f"/{dispute.id}/people"), data=named)
    assert answer.headers["location"] == address(partnership)
    assert log_in(amina).get(address(partnership, f"/{dispute.id}")).status_code == 404
    assert circle.as_("reader").get(address(partnership, f"/{dispute.id}")).status_code == 200
    assert audit.verify_chain(session) is None


@pytest.mark.parametrize(
    ("facilitator", "adjudicator"),
    [("reader", "reader"), ("reader", "bopha"), ("Ministry", ""), ("", "Northern"), ("reader", "stranger")],
)
def test_adjudicator_is_somebody_else(circle, log_in, amina, stranger, partnership, dispute, facilitator, adjudicator):
    ids = {who: str(circle.account(who).id) for who in ("reader", "bopha", "Ministry", "Northern")}
    ids |= {"stranger": str(stranger.id), "": ""}
    form = {"facilitator": ids[facilitator], "adjudicator": ids[adjudicator], "version": "1"}
    answer = log_in(amina).post(address(partnership, f"/{dispute.id}/people"), data=form)
    assert answer.status_code == 422
    assert (dispute.facilitator_id, dispute.adjudicator_id) == (None, None)


def test_time_over_proposes_and_nothing_more(circle, clock, partnership, dispute):
    clock.now = NOW + timedelta(days=6)
    said = read(circle.as_("Ministry").get(address(partnership, f"/{dispute.id}")))
    assert "The time of this stage is over." in said
    assert "The charter's next stage is: acknowledged. It begins only when somebody takes it there." in said
    assert dispute.state == "raised"


def test_party_escalates_only_when_time_is_over(circle, log_in, amina, clock, partnership, dispute):
    for to in ("acknowledged", "direct_talks"):
        step(log_in(amina), partnership, dispute, to)
    assert step(circle.as_("Northern"), partnership, dispute, "facilitated").status_code == 404
    clock.now = NOW + timedelta(days=15)
    assert step(circle.as_("Northern"), partnership, dispute, "facilitated").status_code == 303
    assert step(circle.as_("Northern"), partnership, dispute, "facilitated").status_code == 303  # sent twice
    assert (dispute.state, len(disputes.steps_of(circle.session, dispute.id))) == ("facilitated", 4)


def test_from_agreement_to_lesson(circle, log_in, amina, session, partnership, dispute):
    for to in ("acknowledged", "direct_talks"):
        step(log_in(amina), partnership, dispute, to)
    assert step(log_in(amina), partnership, dispute, "agreed").status_code == 422
    step(log_in(amina), partnership, dispute, "agreed", agreement="Notice of 14 days.")
    assert step(log_in(amina), partnership, dispute, "monitoring").status_code == 409
    assert circle.as_("Northern").post(address(partnership, f"/{dispute.id}/confirm")).status_code == 303
    own = {"organization": str(circle.members["Ministry"].id), "person": "Dara, at the table"}
    assert log_in(amina).post(address(partnership, f"/{dispute.id}/confirm"), data=own).status_code == 303
    owner, other = circle.members["Northern"], circle.members["Ministry"]
    promise = Promise("Give notice", owner.id, other.id, NOW.date())
    made = commitments.make(
        session,
        partnership.id,
        promise,
        members=[owner.id, other.id],
        by="A",
        now=NOW,
        dispute_id=dispute.id,
        is_open_to_all=False,
    )
    step(log_in(amina), partnership, dispute, "monitoring")
    lesson = {"lesson_title": "Notice before money moves", "lesson_context": "A pooled fund", "lesson_tried": "Notice"}
    assert step(log_in(amina), partnership, dispute, "closed", **lesson).status_code == 409  # a commitment is open
    assert "Notice before money moves" in step(log_in(amina), partnership, dispute, "closed", **lesson).text
    commitments.report_done(made, "Seen", NOW.date(), seen=1, by="A", now=NOW)
    commitments.verify(made, other, owner=owner, person="Dara", seen=2, now=NOW)
    assert step(log_in(amina), partnership, dispute, "closed").status_code == 422  # no lesson, no closing
    assert step(log_in(amina), partnership, dispute, "closed", **lesson).status_code == 303
    assert [one.title for one in lessons.of_partnership(session, partnership.id)] == ["Notice before money moves"]
    assert step(circle.as_("Northern"), partnership, dispute, "direct_talks", reason="Again").status_code == 303
    assert "Settled disputes opened again 1 of 1" in read(circle.as_("Northern").get(address(partnership)))


def test_commitment_of_a_dispute_stays_in_it(circle, session, partnership, dispute):
    owner, other = circle.members["Northern"], circle.members["Ministry"]
    promise = Promise("Give notice", owner.id, other.id, NOW.date())
    made = commitments.make(
        session,
        partnership.id,
        promise,
        members=[owner.id, other.id],
        by="A",
        now=NOW,
        dispute_id=dispute.id,
        is_open_to_all=False,
    )
    there = f"/partnerships/{partnership.id}/commitments"
    assert "Give notice" in circle.as_("Ministry").get(there).text
    assert "Give notice" not in circle.as_("Village").get(there).text
    assert circle.as_("Village").get(f"{there}/{made.id}").status_code == 404


def test_notes_have_their_readers(circle, log_in, amina, partnership, dispute):
    here = address(partnership, f"/{dispute.id}")
    for audience in ("own", "facilitator", "all"):
        form = {"note": f"For {audience} <b>", "audience": audience}
        assert circle.as_("Ministry").post(here + "/notes", data=form).status_code == 303
    seen = {
        who: {one for one in ("own", "facilitator", "all") if f"For {one} &lt;b&gt;" in browser().get(here).text}
        for who, browser in {
            "ministry": lambda: circle.as_("Ministry"),
            "donor": lambda: circle.as_("Northern"),
            "facilitator": lambda: log_in(amina),
        }.items()
    }
    assert seen == {"ministry": {"own", "facilitator", "all"}, "donor": {"all"}, "facilitator": {"facilitator", "all"}}
    assert log_in(amina).post(here + "/notes", data={"note": "x", "audience": "own"}).status_code == 422


def test_adjudicator_reads_the_shared_record_only(circle, log_in, amina, partnership, dispute):
    here = address(partnership, f"/{dispute.id}")
    named = {"facilitator": "", "adjudicator": str(circle.account("trustee").id), "version": "1"}
    assert log_in(amina).post(here + "/people", data=named).status_code == 303
    for audience in ("own", "facilitator", "all"):
        circle.as_("Ministry").post(here + "/notes", data={"note": f"For {audience}", "audience": audience})
    said = read(circle.as_("trustee").get(here))
    assert "For all" in said
    assert "For own" not in said
    assert "For facilitator" not in said


def test_party_that_leaves_reads_nothing_more(circle, log_in, amina, session, partnership, dispute):
    here = address(partnership, f"/{dispute.id}")
    circle.as_("Northern").post(here + "/notes", data={"note": "We were told late.", "audience": "all"})
    leaves = {"leaves": str(circle.members["Northern"].id), "version": str(dispute.version)}
    assert log_in(amina).post(here + "/parties", data=leaves).status_code == 422  # with a reason only
    assert log_in(amina).post(here + "/parties", data={**leaves, "left_because": "Merged."}).status_code == 303
    assert circle.as_("Northern").get(here).status_code == 404
    said = read(circle.as_("Ministry").get(here))
    assert "We were told late." in said
    assert "Northern Development Fund" in said
    assert step(log_in(amina), partnership, dispute, "acknowledged").status_code == 409
    assert dispute.state == "raised"
    joins = {"joins": str(circle.members["Bank"].id), "version": str(dispute.version)}
    assert log_in(amina).post(here + "/parties", data=joins).status_code == 303
    assert circle.as_("Bank").get(here).status_code == 200
    assert step(log_in(amina), partnership, dispute, "acknowledged").status_code == 303


def test_two_at_work_lose_nothing(circle, log_in, amina, partnership, dispute):
    step(log_in(amina), partnership, dispute, "acknowledged")
    answer = circle.as_("Ministry").post(
        address(partnership, f"/{dispute.id}/step"),
        data={"to": "direct_talks", "version": "1", "reason": "We <met> twice."},
    )
    assert answer.status_code == 409
    assert "Somebody else changed this dispute meanwhile." in answer.text
    assert "We &lt;met&gt; twice.</textarea>" in answer.text
    assert dispute.state == "acknowledged"


def upload(browser, partnership, dispute, name, content, audience="all"):
    return browser.post(
        address(partnership, f"/{dispute.id}/documents"), data={"audience": audience}, files={"file": (name, content)}
    )


def test_document_is_kept_and_fetched(circle, session, partnership, dispute):
    for _ in range(2):
        assert upload(circle.as_("Ministry"), partnership, dispute, "../../etc/letter.PDF", PDF).status_code == 303
    (document,) = dispute_papers.documents_of(session, dispute)
    assert (document.name, document.suffix, document.size) == ("letter.PDF", "pdf", len(PDF))
    file = circle.as_("Northern").get(address(partnership, f"/{dispute.id}/documents/{document.id}"))
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="letter.pdf"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]


def test_document_of_one_party(circle, session, partnership, dispute):
    upload(circle.as_("Ministry"), partnership, dispute, "plan.txt", "Our plan ក្រសួង".encode(), "own")
    (document,) = dispute_papers.documents_of(session, dispute)
    there = address(partnership, f"/{dispute.id}/documents/{document.id}")
    assert circle.as_("Northern").get(there).status_code == 404
    assert "plan.txt" not in circle.as_("Northern").get(address(partnership, f"/{dispute.id}")).text
    assert circle.as_("Ministry").get(there).status_code == 200


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", HTML),
        ("a.png", PDF),
        ("a.html", HTML),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.exe", b"MZ\x90\x00"),
        ("a.docx", b"PK\x03\x04not a zip"),
        ("a.txt", b"\x00\x01\x02"),
        ("a.txt", b""),
        ("a", b"text"),
        ("a.txt", b"x" * (2 * 1024 * 1024 + 1)),
        ("x" * 300 + ".txt", b"text"),
        ("a\u202etxt.pdf", PDF),
    ],
)
def test_files_that_are_not_what_they_claim(circle, session, partnership, dispute, name, content):
    answer = upload(circle.as_("Ministry"), partnership, dispute, name, content)
    assert answer.status_code == 422
    assert "Nothing was kept" in answer.text or "Please choose a file that is not empty." in answer.text
    assert dispute_papers.documents_of(session, dispute) == []


def test_endless_file_is_stopped(circle, session, partnership, dispute):
    assert upload(circle.as_("Ministry"), partnership, dispute, "a.txt", b"x" * 3_000_000).status_code == 413
    assert dispute_papers.documents_of(session, dispute) == []


def test_office_files_without_macros(session):
    import io
    import zipfile

    def office(*names, mimetype=""):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            if mimetype:
                archive.writestr("mimetype", mimetype)
            for name in names:
                archive.writestr(name, "x")
        return file.getvalue()

    word = office("[Content_Types].xml", "word/document.xml")
    assert kept_files.suffix_of("a.docx", word) == "docx"
    assert kept_files.suffix_of("a.odt", office("c", mimetype="application/vnd.oasis.opendocument.text")) == "odt"
    with_macro = office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
    for name, content in (("a.docx", with_macro), ("a.xlsx", word), ("a.odt", word)):
        with pytest.raises(InvalidInput):
            kept_files.suffix_of(name, content)


def test_survey_never_opens_a_dispute(session, keystore, partnership, released):
    """Releases were stored, findings stand on the agenda, concerns may have been written: no dispute is there."""
    assert disputes.of_partnership(session, partnership.id) == []


def test_facilitator_raises_for_a_partner_that_asks(circle, log_in, amina, session, partnership, released):
    form = {**RAISED, "against": str(circle.members["Northern"].id)}
    assert log_in(amina).post(address(partnership), data=form).status_code == 422  # for whom?
    form["raised_for"] = str(circle.members["Village"].id)
    assert log_in(amina).post(address(partnership), data=form).status_code == 303
    assert disputes.of_partnership(session, partnership.id)[0].raised_for_id == circle.members["Village"].id


def test_account_without_partner_raises_nothing(circle, partnership, released):
    for who in ("reader", "trustee"):
        assert circle.as_(who).get(address(partnership, "/new")).status_code == 404
        assert circle.as_(who).post(address(partnership), data=RAISED).status_code == 404


def test_name_of_an_account_is_shown_as_text(circle, log_in, amina, session, partnership, dispute):
    odd = make_account(session, "odd")
    odd.name = "<img src=x onerror=alert(1)>"
    accounts.entrust(session, odd, partnership.id, role="reader")
    session.flush()
    assert "<img src=x" not in log_in(amina).get(address(partnership, f"/{dispute.id}")).text
