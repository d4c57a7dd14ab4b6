"""/answer/part/...: what no page offers is refused, and what is refused is explained and shown again."""

from __future__ import annotations

import html

import pytest

from tests.server.conftest import text_of
from tests.server.test_answering import WHOLE, checked, drafts


@pytest.fixture
def person(invited):
    return invited()


class TestWrongValues:
    @pytest.mark.parametrize(
        "value", ["11", "-1", "3.5", "NaN", "1e309", "٣", "07", "+7", " 7", "none", "99", "x" * 9999]
    )
    def test_not_a_point_of_the_scale(self, session, person, asked, value):
        person.save("V", **WHOLE)
        answer = person.save("V", **{**WHOLE, "V1": value})
        assert answer.status_code == 422
        page = text_of(answer.text)
        assert "This answer is not one of the choices" in page
        assert "Nothing of this page was saved. Answers saved before are still saved." in page
        assert checked(person.see("/answer/part/V"), "V1", "7")

    def test_two_values_for_one_question(self, person):
        answer = person.browser.post("/answer/part/V", data={"V1": ["3", "8"], "go": "on"})
        assert answer.status_code == 303
        assert person.see("/answer/part/V").text.count(" checked") == 1

    def test_fields_nobody_asked_for_are_dropped(self, person):
        answer = person.save("V", **WHOLE, organization_id="other", round_state="released", X9="3")
        assert answer.status_code == 303
        assert "X9" not in person.see("/answer/part/V").text

    def test_hundreds_of_fields(self, session, person, asked):
        answer = person.browser.post("/answer/part/V", data={f"f{n}": "1" for n in range(500)})
        assert answer.status_code in (400, 413, 422)
        assert drafts(session, asked) == []

    def test_sign_no_keyboard_makes(self, session, person, asked):
        assert person.save("open", O1="a\x00b").status_code == 422
        assert drafts(session, asked) == []

    def test_file_in_place_of_an_answer(self, session, person, asked):
        answer = person.browser.post("/answer/part/V", files={"V1": ("x.txt", b"7")})
        assert answer.status_code in (400, 422)
        assert drafts(session, asked) == []


class TestAboutYou:
    def test_it_works(self, person):
        assert 'name="B2"' in person.see("/answer/part/about").text
        assert person.save("about", "back", B2="18").status_code == 303
        assert 'value="18"' in person.see("/answer/part/about").text

    def test_khmer_digits(self, person):
        person.save("about", "back", B2="១២")
        assert 'value="12"' in person.see("/answer/part/about").text

    @pytest.mark.parametrize("typed", ["721", "-1", "1.5", "two years", "99999999999", "१ २"])
    def test_wrong_number_is_shown_again_and_explained(self, person, typed):
        answer = person.save("about", B2=typed)
        assert answer.status_code == 422
        page = html.unescape(answer.text)
        assert "a whole number of months, at most 720" in page
        assert f'value="{typed}"' in page
        assert 'aria-invalid="true"' in page

    def test_choice_nobody_offered(self, person):
        assert person.save("about", B1="emperor").status_code == 422


class TestOpenQuestions:
    def test_it_works(self, person):
        text = "=HYPERLINK('x') <script>alert(1)</script> {{7*7}} ស្ត្រី ក្ស"
        assert person.save("open", O1=text, **{"O1.topic": "T", "O1.audience": "facilitator"}).status_code == 303
        page = person.see("/answer/part/open").text
        assert f">{html.escape(text, quote=True)}</textarea>" in page.replace("&#34;", "&quot;").replace(
            "&#39;", "&#x27;"
        )
        assert "<script>alert" not in page
        assert '<option value="T" selected>' in page.replace(' lang="en"', "")
        assert 'name="O1.audience" value="facilitator" checked' in page

    def test_limit_is_said_before_and_text_is_never_cut(self, person):
        assert "At most 1000 characters." in person.see("/answer/part/open").text
        assert person.save("open", O1="ក" * 1000).status_code == 303
        answer = person.save("open", O1="ក" * 1003, O2="this one fits")
        assert answer.status_code == 422
        assert "3 characters too long. It is still here, but not saved" in answer.text
        assert "ក" * 1003 in answer.text
        assert ">this one fits</textarea>" in person.see("/answer/part/open").text

    def test_line_ends_count_once(self, person):
        assert person.save("open", O1="\r\n".join(["x"] * 500)).status_code == 303

    @pytest.mark.parametrize("given", [{"O1.topic": "nothing"}, {"O1.audience": "everybody else"}])
    def test_choice_nobody_offered(self, person, given):
        assert person.save("open", O1="text", **given).status_code == 422

    def test_megabytes(self, session, person, asked):
        answer = person.save("open", O1="x" * 5_000_000)
        assert answer.status_code == 413
        assert "Answers you had saved are still saved." in answer.text
        assert drafts(session, asked) == []
