"""Attacks sent to the service as a visitor would send them; docs/attacks.md says which test stands for which."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.pages import language_of
from surveys import rounds
from surveys.models import Organization
from tests.factories import make_organization, make_partnership, make_round, secret_of
from tests.server.conftest import Person, text_of

ROOT = Path(__file__).resolve().parents[2]
MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x ONERROR=alert(1)>",
    "<svg/onload=alert(1)>",
    "<div hx-get=/logout hx-trigger=load data-hx-post='/x' hx-on:load=alert(1)>",
    '"><a href="javascript:alert(1)" target=_blank>x</a>',
)
TEMPLATES = ("{{7*7}}", "{% if true %}{{7*7}}{% endif %}", "{{config}}", "${7*7}", "#{7*7}", "%s%n", "{0.__class__}")
HIDDEN = (
    "/docs", "/redoc", "/openapi.json", "/metrics", "/.git/config", "/.env", "/admin", "/install", "/debug",
    "/server-status", "/var/rapport.db", "/static/../server/app.py", "/static/%2e%2e%2fapp.py",
)  # fmt: skip


@pytest.fixture
def hostile(session, keystore, new_browser):
    """Somebody invited by organizations with the worst of names, to a partnership with the worst of titles."""

    def person(words: str) -> Person:
        kinds = ("central_government", "donor_country", "national_ngo", "lending_agency")
        members = [make_organization(session, f"{words} {n}", kind) for n, kind in enumerate(kinds)]
        round_ = make_round(
            session, keystore, partnership=make_partnership(session, members=members, title=words, purpose=words)
        )
        invitation = next(iter(rounds.invitations_of(session, round_)))
        made = Person(new_browser(), invitation, secret_of(keystore, round_, invitation))
        made.enter()
        return made

    return person


class TestWordsOfPeople:
    @pytest.mark.parametrize("words", MARKUP)
    def test_markup_stays_text(self, hostile, words):
        person = hostile(words)
        for path in ("/answer", "/answer/part/T", "/answer/review", "/privacy"):
            page = person.see(path).text
            assert words not in page
            tags = re.findall(r"<[a-zA-Z][^>]*>", page)
            assert not [tag for tag in tags if re.search(r"onerror|onload|alert|javascript:", tag, re.IGNORECASE)]

    @pytest.mark.parametrize("words", TEMPLATES)
    def test_no_template_is_made_of_them(self, hostile, words):
        page = text_of(hostile(words).see("/answer").text)
        assert words.replace("<", "&lt;") in page or "7*7" in page or "class" in page
        assert not re.search(r"\b49\b", page)
        assert "&lt;class" not in page


class TestAddresses:
    @pytest.mark.parametrize(
        "path", ["/i/..;/partnerships", "/%2e%2e/partnerships", "/answer/%2e%2e/partnerships",
                 "/answer/..%2fpartnerships", "/partnerships/", "/PARTNERSHIPS", "/answer/part/T/x.css"]
    )  # fmt: skip
    def test_confused_paths_open_nothing(self, invited, path):
        answer = invited().browser.get(path)
        assert answer.status_code in (303, 307, 404)
        assert answer.headers.get("location", "/login").rstrip("/").endswith(("/login", "/partnerships"))

    @pytest.mark.parametrize("path", HIDDEN)
    def test_nothing_hidden_is_reachable(self, client, path):
        assert client.get(path).status_code in (303, 404)
        assert "sqlalchemy" not in client.get(path).text.lower()

    @pytest.mark.parametrize(
        "value", ["'; DROP TABLE round; --", "1 OR 1=1", "1') OR ('1'='1", "(select 1)", "-1", str(10**18), "a" * 5000]
    )
    def test_words_of_the_database_in_addresses(self, log_in, amina, partnership, value):
        browser = log_in(amina)
        for path in (f"/partnerships/{quote(value)}", f"/partnerships/{partnership.id}/rounds/{quote(value)}"):
            assert browser.get(path).status_code in (404, 422)
        for query in ("sort", "order", "page", "filter", "headline", "round"):
            answer = browser.get(f"/partnerships/{partnership.id}", params={query: value})
            assert answer.status_code in (200, 404, 422)

    def test_method_is_not_overridden(self, session, person_with_draft):
        for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
            person_with_draft.browser.get("/answer/review", headers={header: "POST"})
        assert person_with_draft.browser.get("/answer/hand-in").status_code in (404, 405)
        assert person_with_draft.see("/answer/review").status_code == 200  # not handed in


@pytest.fixture
def person_with_draft(invited):
    person = invited()
    person.save("V", "back", V1="7")
    return person


HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Length",
    "Content-Type", "Cookie", "Expect", "Forwarded", "Host", "HX-Current-URL", "HX-Request", "HX-Target",
    "If-Modified-Since", "If-None-Match", "Origin", "Range", "Referer", "Sec-Fetch-Site", "User-Agent",
    "X-Forwarded-For",
)  # fmt: skip
VALUES = (
    "", "*", "0", "-1", "9" * 30, "a" * 9000, "null", "http://[", "http://[::1", "[::1", "127.0.0.1:x", "http://\u2100".encode(),
    b"\xff\xfe", b"\xed\xa0\x80", "bytes=9999999999999999999999-1", "bytes=,,", ",;q=", "en;q=nan",
    "km;q=1e999,fr;q=-1", "=;=;=", "session=%00; visit=%ff; receipt=AAAA; language=..", "Bearer ", 'W/"', "Mon, 99 Foo",
    b"multipart/form-data; boundary=\xff", 'multipart/form-data; boundary="', "multipart/form-data; charset=hex",
    "application/x-www-form-urlencoded; charset", "application/json; charset*0=a; charset*1=b",
)  # fmt: skip


class TestHeaders:
    def test_foreign_host_is_refused(self, client):
        for headers in ({"host": "evil.example"}, {"host": "127.0.0.1.evil.example"}, {"host": ""}):
            assert client.get("/i", headers=headers).status_code == 400

    def test_forwarded_host_changes_no_link(self, client):
        page = client.get("/i", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
        assert "evil.example" not in page.text + str(page.headers)

    def test_no_other_origin_is_let_in(self, client):
        for origin in ("null", "https://evil.example"):
            answer = client.get("/i", headers={"Origin": origin})
            assert not [name for name in answer.headers if name.startswith("access-control")]

    @pytest.mark.parametrize("name", HEADERS)
    def test_no_header_makes_the_service_fail(self, client, name):
        """They are read before any form is."""
        for value in VALUES:
            for method, path in (("POST", "/language"), ("GET", "/login")):
                assert client.request(method, path, headers=[(name, value)]).status_code < 500, value

    def test_oversized_cookie(self, client):
        assert client.get("/answer", headers={"Cookie": "visit=" + "A" * 8192}).status_code == 403

    def test_two_cookies_of_one_name(self, invited):
        """A subdomain may plant a second one: whichever is read, it opens nothing of somebody else."""
        one, other = invited(0), invited(2)
        both = f"visit={other.browser.cookies['visit']}; visit={one.browser.cookies['visit']}"
        one.save("V", "back", V1="3")
        page = other.browser.get("/answer/part/V", headers={"Cookie": both})
        assert page.status_code in (200, 303, 403)

    def test_nothing_is_kept_by_caches(self, invited):
        person = invited()
        for path in ("/answer", "/answer/part/V", "/answer/review", "/answer/part/V?x=.css"):
            assert person.browser.get(path).headers["cache-control"] == "no-store"


BYTES = ("%ED%A0%80", "%FF%FE", "%C0%AF", "%00", "%EF%BF%BE", "%EF%BB%BF", "%E2%80%AE", "%1B%5B31m", "%0D%0ABcc:%20x")


class TestBodies:
    @pytest.mark.parametrize("sent", BYTES)
    def test_bytes_that_are_no_text(self, invited, sent):
        person = invited()
        answer = person.browser.post(
            "/answer/part/open", content=f"O1={sent}&go=back",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert answer.status_code in (303, 422)
        assert person.see("/answer/part/open").status_code == 200

    @pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "application/json", "x"])
    def test_body_of_another_kind(self, invited, kind):
        answer = invited().browser.post("/answer/part/V", content=b'{"a":' * 50_000, headers={"Content-Type": kind})
        assert answer.status_code in (303, 400, 413, 422)

    @pytest.mark.parametrize("said", ["charset=undefined", "charset=punycode", "Charset=utf-7", 'charset="UTF-16"'])
    def test_signs_in_another_encoding(self, invited, said):
        """Some of Python's fail in their own way, others make half of a sign, which no database takes."""
        body = b'--x\r\nContent-Disposition: form-data; name="O1"\r\n\r\n+2AA-\r\n--x--\r\n'
        kind = f"multipart/form-data; boundary=x; {said}"
        for path in ("/answer/part/open", "/position/act/comment", "/language", "/login"):
            assert invited().browser.post(path, content=body, headers={"Content-Type": kind}).status_code == 400

    @pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf8"'])
    def test_signs_in_utf_8(self, invited, charset):
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        answer = invited().browser.post("/answer/part/V", content=b"V1=7&go=back", headers={"Content-Type": kind})
        assert answer.status_code == 303

    def test_ten_thousand_part_headers(self, invited):
        body = b"--x\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n\r\n--x--"
        answer = invited().browser.post(
            "/answer/part/V", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code in (303, 400, 413, 422)

    @given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=20))
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_form_is_read_or_refused(self, invited, form):
        person = self.__dict__.setdefault("person", None) or invited()
        self.person = person
        sent = {name.encode("utf-8", "replace"): text.encode("utf-8", "replace") for name, text in form.items()}
        for path in ("/answer/part/V", "/answer/part/about", "/answer/part/open", "/i", "/resume", "/language"):
            assert person.browser.post(path, data=sent).status_code < 500


def patterns() -> list[str]:
    """Every regular expression written in the source."""
    found = set()
    for path in [*ROOT.glob("server/**/*.py"), *ROOT.glob("surveys/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                literal = node.args[0] if node.args else None
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                    found.add(literal.value)
    return sorted(found)


@pytest.mark.parametrize("pattern", patterns())
def test_no_pattern_takes_for_ever(pattern):
    for text in ("a" * 5000 + "!", " " * 5000 + "!", "@" * 5000, "a@" * 2500, "1" * 5000 + "x", "<" * 5000):
        start = time.process_time()
        re.search(pattern, text)
        assert time.process_time() - start < 2


def test_language_header_of_a_megabyte(client):
    assert client.get("/i", headers={"Accept-Language": "a," * 20_000}).status_code in (200, 400, 431)
    assert language_of is not None


def test_name_of_the_organization_is_not_taken_from_the_form(session, invited):
    """Mass assignment: fields of tables are no fields of forms."""
    person = invited()
    before = session.get_one(Organization, person.invitation.organization_id).name
    extra = {"is_administrator": "1", "organization_id": "x", "state": "released", "min_n": "1", "name": "mine"}
    assert person.save("V", "back", V1="7", **extra).status_code == 303
    assert session.get_one(Organization, person.invitation.organization_id).name == before
