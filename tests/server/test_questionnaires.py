"""A partnership's questionnaire: download, upload, faults, preview, decisions, versions, what the next round asks."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from sqlmodel import select

from server.exchange.xlsform_in import read_xlsform
from server.exchange.xlsform_out import to_xlsform
from surveys import accounts, own_questionnaires, rounds
from surveys.instruments import standard_instrument
from surveys.models import AuditEntry, InstrumentVersion, OwnQuestionnaire
from tests.factories import make_account, make_partnership, make_round
from tests.sample_releases import INSTRUMENT
from tests.server.conftest import text_of
from tests.server.exchange.forms import simple


@pytest.fixture
def ours(session, amina):
    """A partnership that asks the standard questionnaire, run by Amina."""
    made = make_partnership(session)
    accounts.entrust(session, amina, made.id)
    session.flush()
    return made


def at(partnership, path=""):
    return f"/partnerships/{partnership.id}/questionnaire{path}"


def sent(browser, partnership, content):
    return browser.post(at(partnership), files={"file": ("form.xlsx", content)})


def adapted():
    """The standard questionnaire with one statement in other words, one new, and one gone."""
    items = []
    for item in standard_instrument().items:
        if item.code == "T1":
            items.append(item.model_copy(update={"texts": {**item.texts, "en": "I hear of decisions in time."}}))
            items.append(item.model_copy(update={"code": "T9", "texts": {"en": "Minutes are sent to everybody."}}))
        elif item.code != "T2":
            items.append(item)
    return standard_instrument().model_copy(update={"items": tuple(items)})


def decisions(page, **given):
    names = sorted(set(re.findall(r'name="item-(\w+)"', page.text)))
    digest = re.search(r'name="digest" value="(\w+)"', page.text)[1]
    return {"digest": digest, **{f"item-{name}": given.get(name, "yes") for name in names}}


def confirmed(browser, partnership, content, **given):
    assert sent(browser, partnership, content).headers["location"] == at(partnership, "/draft")
    page = browser.get(at(partnership, "/draft"))
    return browser.post(at(partnership, "/draft"), data=decisions(page, **given))


def test_it_works(log_in, amina, session, keystore, ours):
    browser = log_in(amina)
    answer = confirmed(browser, ours, to_xlsform(adapted()), T1="no")
    assert answer.headers["location"] == at(ours)
    ((row, version),) = own_questionnaires.confirmed(session, ours)
    assert (version.code, version.version, row.is_in_use) == (f"own-{ours.code}", 2, False)
    assert own_questionnaires.instrument_for(session, ours).code == "pti-1"  # until it is chosen
    assert browser.post(at(ours, "/use"), data={"key": str(row.id)}).headers["location"] == at(ours)
    round_ = make_round(
        session, keystore, partnership=ours, instrument=own_questionnaires.instrument_for(session, ours)
    )
    asked = rounds.instrument_of(session, round_)
    assert asked.retired == {"T2": "T"}
    assert [item.code for item in asked.items_of("T")][:2] == ["T1", "T9"]


def test_download_is_what_is_asked(log_in, amina, ours):
    answer = log_in(amina).get(at(ours, "/asked.xlsx"))
    assert answer.headers["content-disposition"] == 'attachment; filename="pti-1-version-1.xlsx"'
    back = read_xlsform(answer.content, str)
    assert back.instrument == standard_instrument()
    assert "survey" in openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames


def test_sent_back_unchanged_everything_stays_comparable(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, browser.get(at(ours, "/asked.xlsx")).content)
    ((_, version),) = own_questionnaires.confirmed(session, ours)
    assert not [item for item in version.body["items"] if item.get("series")]
    assert "retired" not in version.body


def test_faults_name_their_cells_and_nothing_changes(log_in, amina, session, ours):
    answer = sent(log_in(amina), ours, simple("image|photo|A picture", "select_one nowhere|T9|Which?"))
    assert answer.status_code == 422
    assert "survey!A6 “image” cannot be asked here" in text_of(answer.text)
    assert "survey!A7 There is no list “nowhere”" in text_of(answer.text)
    assert not session.exec(select(OwnQuestionnaire)).all()


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04"])
def test_what_is_no_form(log_in, amina, session, ours, content):
    answer = sent(log_in(amina), ours, content)
    assert answer.status_code == 422
    assert "This is no workbook that can be read" in text_of(answer.text)
    assert log_in(amina).post(at(ours), data={"file": "text"}).status_code == 422


def test_a_very_large_file_is_stopped(log_in, amina, ours):
    assert sent(log_in(amina), ours, b"x" * 300_000).status_code == 413


def test_preview_shows_the_words_as_text(log_in, amina, ours):
    browser = log_in(amina)
    sent(browser, ours, simple("text|O1|<script>alert(1)</script>"))
    page = browser.get(at(ours, "/draft")).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count('type="radio" name="T1"') == 8  # six points and two ways of not answering
    assert '<fieldset class="field" disabled>' in page


def test_the_draft_says_what_changes(log_in, amina, ours):
    browser = log_in(amina)
    sent(browser, ours, to_xlsform(adapted()))
    text = text_of(browser.get(at(ours, "/draft")).text)
    assert "T1 other words" in text
    assert "T9 new" in text
    assert "T2 no longer asked" in text
    assert "V1 unchanged" in text
    assert "1 texts are missing" in text  # T9 has no Khmer and no French


def test_what_was_left_out_is_said_before_anybody_decides(log_in, amina, ours):
    browser = log_in(amina)
    sent(browser, ours, simple("deviceid|device", "start|begun"))
    text = text_of(browser.get(at(ours, "/draft")).text)
    assert "survey!A6 “deviceid” is left out: Rapport never records when, where or on what somebody answers." in text
    assert "survey!A7 “start” is left out" in text


def test_every_decision_is_needed(log_in, amina, session, ours):
    browser = log_in(amina)
    sent(browser, ours, to_xlsform(adapted()))
    page = browser.get(at(ours, "/draft"))
    given = decisions(page)
    del given["item-T1"]
    for wrong in (given, {**given, "item-T1": "maybe"}):
        answer = browser.post(at(ours, "/draft"), data=wrong)
        assert answer.status_code == 422
        assert "Nothing was confirmed" in text_of(answer.text)
    assert own_questionnaires.confirmed(session, ours) == []


def test_reworded_statements_have_no_answer_beforehand(log_in, amina, ours):
    browser = log_in(amina)
    sent(browser, ours, to_xlsform(adapted()))
    page = browser.get(at(ours, "/draft")).text
    assert 'name="item-V1" value="yes" checked' in page
    assert 'name="item-T1" value="yes" checked' not in page
    assert 'name="item-T1" value="no" checked' not in page


def test_a_draft_that_was_replaced_is_not_confirmed(log_in, amina, session, ours):
    browser = log_in(amina)
    sent(browser, ours, to_xlsform(adapted()))
    seen = decisions(browser.get(at(ours, "/draft")))
    sent(browser, ours, simple())
    assert browser.post(at(ours, "/draft"), data=seen).status_code == 409
    assert own_questionnaires.confirmed(session, ours) == []


def test_confirmed_twice_is_one_version(log_in, amina, session, ours):
    browser = log_in(amina)
    sent(browser, ours, simple())
    given = decisions(browser.get(at(ours, "/draft")))
    for _ in range(2):
        assert browser.post(at(ours, "/draft"), data=given).headers["location"] == at(ours)
    assert len(own_questionnaires.confirmed(session, ours)) == 1


def test_versions_count_on(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    confirmed(browser, ours, simple("text|O1|More?"))
    assert [version.version for _, version in own_questionnaires.confirmed(session, ours)] == [3, 2]


def test_a_confirmed_version_comes_back_as_it_is(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, to_xlsform(adapted()), T1="no")
    ((row, version),) = own_questionnaires.confirmed(session, ours)
    answer = browser.get(at(ours, f"/versions/{row.id}.xlsx"))
    assert read_xlsform(answer.content, str).instrument.digest == version.digest


def test_the_standard_questionnaire_can_be_asked_again(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    ((row, _),) = own_questionnaires.confirmed(session, ours)
    browser.post(at(ours, "/use"), data={"key": str(row.id)})
    assert own_questionnaires.instrument_for(session, ours).version == 2
    browser.post(at(ours, "/use"))
    assert own_questionnaires.instrument_for(session, ours) == standard_instrument()


def test_a_round_in_preparation_asks_the_new_choice_and_needs_a_new_approval(log_in, amina, session, keystore, ours):
    round_ = make_round(session, keystore, partnership=ours, instrument=standard_instrument(), state="prepared")
    rounds.approve(session, round_, by="Dara")
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    ((row, version),) = own_questionnaires.confirmed(session, ours)
    browser.post(at(ours, "/use"), data={"key": str(row.id)})
    assert (round_.instrument_version_id, round_.approved_by) == (version.id, "")


def test_an_open_round_keeps_its_questionnaire(log_in, amina, session, keystore, ours):
    round_ = make_round(session, keystore, partnership=ours, instrument=standard_instrument())
    before = round_.instrument_version_id
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    ((row, _),) = own_questionnaires.confirmed(session, ours)
    browser.post(at(ours, "/use"), data={"key": str(row.id)})
    assert round_.instrument_version_id == before


def test_compared_with_what_was_asked_last(log_in, amina, session, keystore, partnership):
    make_round(session, keystore, partnership=partnership, instrument=INSTRUMENT)
    browser = log_in(amina)
    sent(browser, partnership, to_xlsform(INSTRUMENT))
    assert "T5 unchanged" in text_of(browser.get(at(partnership, "/draft")).text)


def test_a_draft_can_be_thrown_away(log_in, amina, session, ours):
    browser = log_in(amina)
    sent(browser, ours, simple())
    for _ in range(2):
        assert browser.post(at(ours, "/discard")).headers["location"] == at(ours)
    assert browser.get(at(ours, "/draft")).status_code == 404


def test_everything_is_on_record(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    ((row, _),) = own_questionnaires.confirmed(session, ours)
    browser.post(at(ours, "/use"), data={"key": str(row.id)})
    acts = [one.act for one in session.exec(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts[-3:] == [
        "uploaded a questionnaire",
        f"confirmed a questionnaire: own-{ours.code} 2",
        f"chose a questionnaire: own-{ours.code} 2",
    ]


def test_another_partnerships_version_cannot_be_chosen(log_in, amina, session, ours):
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    ((row, _),) = own_questionnaires.confirmed(session, ours)
    assert browser.post(at(other, "/use"), data={"key": str(row.id)}).status_code == 404
    assert browser.get(at(other, f"/versions/{row.id}.xlsx")).status_code == 404
    assert browser.post(at(other, "/use"), data={"key": "nonsense"}).status_code == 422


@pytest.mark.parametrize("role", ["reader", "trustee"])
def test_only_facilitators_may(log_in, session, ours, role):
    account = make_account(session, role)
    accounts.entrust(session, account, ours.id, role=role)
    session.flush()
    browser = log_in(account)
    for path in ("", "/draft", "/asked.xlsx"):
        assert browser.get(at(ours, path)).status_code == 404
    for path in ("", "/draft", "/discard", "/use"):
        assert browser.post(at(ours, path), data={"digest": "x"}).status_code == 404


def test_stranger_finds_nothing(log_in, stranger, ours):
    browser = log_in(stranger)
    assert browser.get(at(ours)).status_code == 404
    assert sent(browser, ours, simple()).status_code == 404


@pytest.mark.parametrize("phase", ["imported", "closed"])
def test_a_partnership_without_new_rounds_has_no_such_page(log_in, amina, session, ours, phase):
    ours.phase = phase
    session.flush()
    assert log_in(amina).get(at(ours)).status_code == 404


def test_stored_versions_are_never_changed(log_in, amina, session, ours):
    browser = log_in(amina)
    confirmed(browser, ours, simple())
    before = {one.id: (one.digest, str(one.body)) for one in session.exec(select(InstrumentVersion))}
    confirmed(browser, ours, simple("text|O1|More?"))
    after = {one.id: (one.digest, str(one.body)) for one in session.exec(select(InstrumentVersion))}
    assert before.items() <= after.items()
