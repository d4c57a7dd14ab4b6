"""SMTP: one mail at a time, and an exact word for what became of it. Knows no rows and no rounds."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import parseaddr
from enum import Enum

from server.settings import Settings
from surveys.outbox import check_address, check_header
from surveys.problems import InvalidInput

log = logging.getLogger("rapport.mail")
PATIENCE, PATIENCE_AFTER_BODY = 30.0, 120.0  # seconds; after the body a server may think longer
ENHANCED = re.compile(rb"\s*(\d\.\d{1,3}\.\d{1,3})\b")


class Outcome(Enum):
    """What became of one mail."""

    SENT = "sent"
    REFUSED = "refused"  # for good
    LATER = "later"  # certainly not taken; try again
    UNCLEAR = "unclear"  # the body was on its way and no answer came
    NOT_OURS = "not ours"  # another process has it


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as it is to be read; message_id is the same each time it is tried."""

    to: str
    subject: str
    text: str
    message_id: str
    attachments: tuple[tuple[str, str, bytes], ...] = ()  # file name, type such as "application/pdf", content


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    code: str = ""
    is_trouble: bool = False  # of the mail server as a whole: the next mail would fare no better


class MailTrouble(Exception):
    """The mail server cannot be used now; nothing was sent."""


def message_of(letter: Letter, settings: Settings) -> EmailMessage:
    """Raises InvalidInput for an address or subject that could forge a header."""
    check_address(letter.to)
    check_header(letter.subject)
    message = EmailMessage(policy=SMTP_POLICY.clone(max_line_length=200))
    name, address = parseaddr(settings.mail_from)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=_plain_domain(letter.to))
    message["Subject"] = letter.subject
    message["Message-ID"] = f"<{letter.message_id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # an absence note would go to people who should not get one
    message.set_content(letter.text, cte="base64" if not letter.text.isascii() else "quoted-printable")
    for file_name, kind, content in letter.attachments:
        main, _, sub = kind.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=file_name)
    return message


def _plain_domain(address: str) -> str:
    """A domain in Khmer or French letters as mail servers write it; other addresses must be plain letters."""
    local, _, domain = address.strip().rpartition("@")
    try:
        plain = domain.encode("idna").decode()
        local.encode("ascii")
    except UnicodeError as problem:
        raise InvalidInput("this address holds letters that mail servers do not know") from problem
    return f"{local}@{plain}"


class Post:
    """A connection to the mail server, opened when it is needed and again when it broke."""

    def __init__(
        self, settings: Settings, *, patience: float = PATIENCE, patience_after_body: float = PATIENCE_AFTER_BODY
    ) -> None:
        self.settings, self.patience, self.patience_after_body = settings, patience, patience_after_body
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._line.quit()
        self._line = None

    def send(self, letter: Letter, before_body: Callable[[], bool]) -> Answer:
        """Send one mail; `before_body` is called when the server is ready for it, and may still say no."""
        try:
            message = message_of(letter, self.settings)
        except (InvalidInput, ValueError):
            return Answer(Outcome.REFUSED, "address")
        try:
            line = self._opened()
            answer = self._addressed(line, letter)
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            log.warning("problem=%s mail not sent, tried again later", type(problem).__name__)
            return Answer(Outcome.LATER, is_trouble=True)
        if answer is not None:
            return answer
        is_ready = False
        try:
            is_ready = before_body()
        finally:
            if not is_ready:
                self._drop()  # in the middle of a mail nothing else can be said
        return self._with_body(line, message) if is_ready else Answer(Outcome.NOT_OURS)

    def _opened(self) -> smtplib.SMTP:
        if self._line is None:
            self._line = connect(self.settings, self.patience)
        return self._line

    def _addressed(self, line: smtplib.SMTP, letter: Letter) -> Answer | None:
        """Sender and recipient; None when the server waits for the body."""
        steps = (
            lambda: line.mail(self.settings.mail_returns or parseaddr(self.settings.mail_from)[1]),
            lambda: line.rcpt(_plain_domain(letter.to)),
            lambda: line.docmd("DATA"),
        )
        for place, step in enumerate(steps):
            code, words = step()  # type: ignore[no-untyped-call]  # Type ignore: lambdas carry no annotations
            if code in (250, 251, 252, 354):
                continue
            self._begin_anew(line)
            is_final = (
                500 <= code < 600 and place == 1
            )  # only the recipient's own refusal is a fact about the recipient
            return Answer(Outcome.REFUSED if is_final else Outcome.LATER, _code(code, words), is_trouble=place != 1)
        return None

    def _with_body(self, line: smtplib.SMTP, message: EmailMessage) -> Answer:
        assert line.sock is not None
        try:
            line.sock.settimeout(self.patience_after_body)
            line.sock.sendall(_stuffed(message.as_bytes()))
            code, words = line.getreply()
            line.sock.settimeout(self.patience)
        except (smtplib.SMTPException, OSError):
            self._drop()
            return Answer(Outcome.UNCLEAR, is_trouble=True)
        if code == 250:
            return Answer(Outcome.SENT)
        self._begin_anew(line)
        return Answer(Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER, _code(code, words))

    def _begin_anew(self, line: smtplib.SMTP) -> None:
        try:
            line.docmd("RSET")  # smtplib's own rset() is not typed
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def connect(settings: Settings, patience: float = PATIENCE) -> smtplib.SMTP:
    """A line to the mail server, encrypted and logged in as the settings say."""
    context = ssl.create_default_context()
    if settings.mail_security == "tls":
        line: smtplib.SMTP = smtplib.SMTP_SSL(settings.mail_host, settings.mail_port, timeout=patience, context=context)
    else:
        line = smtplib.SMTP(settings.mail_host, settings.mail_port, timeout=patience)
    try:
        line.ehlo_or_helo_if_needed()
        if settings.mail_security == "starttls":
            line.starttls(context=context)
            line.ehlo()
        if settings.mail_user:
            line.login(settings.mail_user, settings.mail_password.get_secret_value())
    except BaseException:
        line.close()
        raise
    return line


def _stuffed(body: bytes) -> bytes:
    """Lines that begin with a dot get another one; the mail ends with a dot alone."""
    return re.sub(rb"(?m)^\.", b"..", body).rstrip(b"\r\n") + b"\r\n.\r\n"


def _code(code: int, words: bytes) -> str:
    """The numbers of a refusal; the server's words may hold anything."""
    enhanced = ENHANCED.match(words)
    return f"{code} {enhanced[1].decode()}" if enhanced else str(code)
