"""What forms hold when nobody means well, and the ways to send it: as bytes, as a browser would never make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote_plus
from uuid import NAMESPACE_DNS, uuid5

from hypothesis import strategies as st

from server.exchange.xlsform_out import to_xlsform
from surveys.instruments import standard_instrument

Pairs = list[tuple[bytes, bytes]]
NOBODYS = str(uuid5(NAMESPACE_DNS, "nobody.example"))
NUMBERS = (
    "0", "-1", "1", "7", "1000000", "2147483648", "-2147483649", "9223372036854775808", "9" * 40, "9" * 5000, "1e5",
    "1e999", "NaN", "inf", "-inf", "0x10", "1_000", "1.5", "1,5", "+3", " 4 ", "²", "１２", "០១០", "٣", "-0", "00007",
)  # fmt: skip
DAYS = (
    "0000-13-40", "0001-01-01", "9999-12-31", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-30", "20260701",
    "2026-W27-3", "2026-07-01T09:00+07:00", "2026-07-01T24:00", "2026-07-01T09:00:00.1Z", "2199-12-31", "1/7/2026",
    "2026-10-25T02:30", "2026-07-01\n2026-08-01", "9999-12-31 9999-12-30", "៣០-១២-២០២៦",
)  # fmt: skip
IDS = (
    NOBODYS, NOBODYS.upper(), f"{{{NOBODYS}}}", f"urn:uuid:{NOBODYS}", NOBODYS.replace("-", ""), "0" * 32, "None",
    "null", "new", "act", "../..", "item:T1", "construct:", ":", "a:b:c", "item:\x00",
)  # fmt: skip
WORDS = (
    "", " ", "\n", "\r\n\r\n", "\x00", "a\x00b", "\x1b[31m", "\x7f\x85\u2028", "\u202etxt.exe", "\u2066x\u2069",
    "\ufeff", "\ufffe\uffff", "ខ្ញុំចង់បានទឹកស្អាត", "\u17d2\u17d2\u17d2", "👩‍👩‍👧‍👦", "🇰🇭" * 50, "e" + "\u0301" * 500,
    "x" * 200, "x" * 201, "x" * 5000, "ក" * 12_000, "a b " * 3000, "\n" * 6000, "=1+1", "@SUM(A1)", "-2+3", "\t=cmd",
    '{"a": [1, null]}', "[1, 2]", "<script>alert(1)</script>", "</textarea><b>", "{{7*7}}", "%(num)s", "%s%n%d", "{0}",
    "+2AA-", "\\ud800", "{", "}", "%", "\\", "'", '"; DROP TABLE round; --', "a@b", "a@b.org\nBcc: c@d.org",
    "=?utf-8?q?x?=@example.org",
    "x" * 300 + "@example.org", "@", "a@example.org, b@example.org", "Dara <d@example.org>", "ü@exämple.org", "on",
    "yes", "true", "https://x",
    "javascript:alert(1)", "#set", "$1", "${x}", ";,|\t", "a,b;c\td", "1-2-3-4",
    "{full_name}", "{link}", "{link", "{link!r}", "{link:>99999999}", "{0.__class__}", "{}", "{link.x}", "{link[0]}",
)  # fmt: skip
BYTES = (b"\xed\xa0\x80", b"\xed\xb0\x80x", b"\xff\xfe", b"\xc0\xaf", b"\x80", b"\xf4\x90\x80\x80", b"ok\xe2\x80")
TEXT = st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass"))
VALUES = st.one_of(
    st.sampled_from([one.encode() for one in (*NUMBERS, *DAYS, *IDS, *WORDS)]), st.sampled_from(BYTES), TEXT
)
UNKNOWN = ("is_administrator", "partnership_id", "__proto__", "", "x[]", "x" * 3000, "\x00", "ឈ្មោះ", "file", "version")
PARTS = (
    "", "0", "-1", "1", "99", "2147483648", "9223372036854775808", "9" * 40, "1e3", "1.0", "²", "１", "%00", "%0A",
    "%ED%A0%80", "%FF", "..%2F..", "%2e%2e", "new", "act", "x" * 3000, "%E1%9E%81", "{}", "%7B0%7D", "%25s", "T1;x",
    NOBODYS, NOBODYS.upper(), "urn:uuid:" + NOBODYS, "a:b", "level:", "item:T1", "None", "~", "+", "%20", "en-US",
)  # fmt: skip

FILE = b"@file:"  # a field that holds a file of the name that follows
LANGUAGES = st.sampled_from(("en", "km", "fr"))
LONGEST_ASKED = 3000  # in an address; clients and servers refuse longer ones themselves


@dataclass(frozen=True)
class Sent:
    """One request: what stands in the address after its path, and the body with what it claims to be."""

    query: str
    body: bytes
    kind: str
    by_htmx: bool
    language: str


def plain(pairs: Pairs) -> bytes:
    return b"&".join(quote_plus(name).encode() + b"=" + quote_plus(value).encode() for name, value in pairs)


@cache
def file_called(name: bytes) -> bytes:
    """What is sent where a file is asked for: as its name says, unless that is torn or empty."""
    if name.startswith(b"empty"):
        return b""
    if name.endswith(b".xlsx"):
        book = to_xlsform(standard_instrument())
        return book[: len(book) // 2] if name.startswith(b"torn") else book
    if name.endswith(b".csv"):
        return "".join(f"Person {n};p{n}@example.org;Ministry;en\n" for n in range(300)).encode()
    return b"%PDF-1.4\n%%EOF"


def in_parts(pairs: Pairs, *, all_files: bool = False) -> bytes:
    """As browsers send forms with files; every field as a file, where none was asked for."""
    made = []
    for name, sent in pairs:
        head, value = b'form-data; name="' + quoted(name) + b'"', sent
        if sent.startswith(FILE):
            head, value = head + b'; filename="' + quoted(sent[len(FILE) :]) + b'"', file_called(sent[len(FILE) :])
        elif all_files:
            head += b'; filename="form.xlsx"'
        made.append(b"--x\r\nContent-Disposition: " + head + b"\r\n\r\n" + value)
    return b"\r\n".join([*made, b"--x--\r\n"])


def quoted(name: bytes) -> bytes:
    return name.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")


FORM, PARTED = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
CHARSETS = ("utf-7", "utf-16", "undefined", "idna", "punycode", "unicode_escape", "hex", "no-such")
WAYS: dict[str, Callable[[Pairs], tuple[bytes, str]]] = {
    "plain": lambda pairs: (plain(pairs), FORM),
    "parts": lambda pairs: (in_parts(pairs), PARTED),
    "files": lambda pairs: (in_parts(pairs, all_files=True), PARTED),
    "bytes": lambda pairs: (b"&".join(name + b"=" + value for name, value in pairs), FORM),
    "torn": lambda pairs: (in_parts(pairs)[:-9], PARTED),
    "no boundary": lambda pairs: (in_parts(pairs), "multipart/form-data"),
    "json": lambda _: (b'{"a": [' + b"[" * 2000, "application/json"),
    "text": lambda pairs: (plain(pairs), "text/plain; charset=utf-16"),
    "nothing": lambda _: (b"", ""),
    "utf-16": lambda pairs: (plain(pairs), f"{FORM}; charset=utf-16"),
    "too many": lambda pairs: (plain(pairs * 60 + [(b"x", b"")] * 500), FORM),
    **{name: lambda pairs, name=name: (in_parts(pairs), f"{PARTED}; charset={name}") for name in CHARSETS},
}
USUAL = ("plain",) * 80 + ("parts",) * 15 + ("files",) * 5


@st.composite
def requests(
    draw: st.DrawFn,
    fields: Mapping[str, Sequence[str]],
    asked: Mapping[str, Sequence[str]],
    *,
    has_body: bool,
    all_spoiled: bool = False,
) -> Sent:
    """A form of these fields, most as the page offers them and up to three spoiled; `asked` stands in the address."""
    query = draw(pairs_of(asked)) if asked else []
    if draw(st.integers(0, 9)) == 9:
        query.append((draw(st.sampled_from(("save", "language", "page", "q", "said", "x"))).encode(), draw(VALUES)))
    asking = plain([(name, value[:LONGEST_ASKED]) for name, value in query]).decode()
    if not has_body:
        return Sent(asking, b"", "", draw(st.booleans()), draw(LANGUAGES))
    way = draw(st.sampled_from((*USUAL, *WAYS)))
    pairs = draw(pairs_of(fields, all_spoiled=all_spoiled))
    if way == "plain" and any(value.startswith(FILE) for _, value in pairs):
        way = "parts"
    body, kind = WAYS[way](pairs)
    return Sent(asking, body, kind, draw(st.integers(0, 4)) == 4, draw(LANGUAGES))


@st.composite
def pairs_of(draw: st.DrawFn, fields: Mapping[str, Sequence[str]], *, all_spoiled: bool = False) -> Pairs:
    names = list(fields)
    spoiled = {draw(st.sampled_from(names)) for _ in range(draw(st.integers(0, 3)))} if names else set()
    if all_spoiled or draw(st.integers(0, 19)) == 19:
        spoiled = set(names)
    made: Pairs = []
    for name in names:
        sent, offered = name.encode("utf-8", "replace"), fields[name]
        if name not in spoiled:
            made.append((sent, (offered[0] if len(offered) == 1 else draw(st.sampled_from(offered))).encode()))
            continue
        made += [(sent, draw(VALUES)) for _ in range(draw(st.sampled_from((1, 1, 1, 1, 0, 2, 3))))]
    if draw(st.integers(0, 9)) == 9:
        made.append((draw(st.sampled_from(UNKNOWN)).encode(), draw(VALUES)))
    return made
