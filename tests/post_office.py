"""A mail server for tests, on a port of this machine: it keeps what it takes, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import email
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from server.settings import Settings


@dataclass
class PostOffice:
    """What arrived, and how it answers. `at_rcpt` and `at_data` are asked for an answer other than yes."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    at_rcpt: Callable[[str], str | None] = lambda _address: None
    at_data: Callable[[str], str | None] = lambda _address: None
    host: str = ""
    port: int = 0

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if (said := self.at_rcpt(address)) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        said = self.at_data(envelope.rcpt_tos[0])
        if said == "drop":
            server.transport.abort()
            return "451 gone"
        if said is None or said == "silence":
            self.taken.append(email.message_from_bytes(envelope.content, policy=default))
            self.recipients.append(envelope.rcpt_tos[0])
        if said == "silence":
            await asyncio.sleep(1)
            server.transport.abort()
        return "250 OK" if said in (None, "silence") else said

    def settings(self, **given: Any) -> Settings:
        set_up = {
            "mail_host": self.host,
            "mail_port": self.port,
            "mail_security": "none",
            "mail_from": "Rapport <rapport@example.org>",
        }
        return Settings(**{**set_up, **given})

    def texts(self) -> list[str]:
        return [one.get_body(("plain",)).get_content().replace("\r\n", "\n") for one in self.taken]


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    office = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        office.host, office.port = probe.getsockname()[:2]
    controller = Controller(office, hostname=office.host, port=office.port, ready_timeout=30)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
