"""What may differ between installations. One object, passed on, never a global."""

from __future__ import annotations

from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from RAPPORT_... environment variables; every default works on a laptop."""

    model_config = SettingsConfigDict(env_prefix="RAPPORT_", frozen=True, extra="forbid")

    var_dir: Path = Path("var")
    database_url: str = "sqlite:///var/rapport.db"
    keystore: tuple[Path, ...] = (Path("var/keys-a"), Path("var/keys-b"))
    secret_key_file: Path = Path("var/secret-key")
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    demonstration: bool = False
    metrics_port: int = Field(default=0, ge=0, le=65535)
    keep_names_days: int = Field(default=183, ge=1, le=3660)  # after a round closed
    mail_host: str = ""
    mail_port: int = Field(default=587, ge=1, le=65535)
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: str = ""
    mail_returns: str = ""
    mail_per_minute: int = Field(default=30, ge=1, le=1000)

    @property
    def sends_mail(self) -> bool:
        """Whether a mail server is set up; the demonstration shows its mails instead."""
        return bool(self.mail_host) and not self.demonstration

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/"):
            raise ValueError("base_url must look like https://rapport.example.org")
        if not self.https and not _is_loopback(address.hostname):
            raise ValueError(
                "base_url must be https unless it is this machine: links and cookies would travel in clear"
            )
        if any("*" in host for host in self.hosts):
            raise ValueError("hosts must be written out: a pattern would let strangers choose what our links say")
        if not self.keystore:
            raise ValueError("keystore needs at least one directory for the keys of rounds")
        self._check_mail()
        return self

    def _check_mail(self) -> None:
        if not self.mail_host:
            return
        sender = parseaddr(self.mail_from)[1]
        if not all(_looks_like_address(one) for one in (sender, self.mail_returns or sender)):
            raise ValueError("mail_from must look like Rapport <rapport@example.org>, mail_returns like an address")
        if self.mail_security == "none" and not _is_loopback(self.mail_host):
            raise ValueError("mail_security must be starttls or tls unless the mail server is this machine")


def demonstration_settings(port: int | None = None) -> Settings:
    """A folder of its own: nothing of the demonstration meets what is real."""
    folder = Path("var") / "demo"
    number = port or Settings().port
    return Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder}/rapport.db",
        keystore=(folder / "keys-a", folder / "keys-b"),
        secret_key_file=folder / "secret-key",
        port=number,
        base_url=f"http://127.0.0.1:{number}",
        demonstration=True,
    )


def _looks_like_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return text.isascii() and text.isprintable() and bool(local) and bool(domain) and " " not in text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
