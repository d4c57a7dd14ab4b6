"""What may differ between installations. One object, passed on, never a global."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import model_validator
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
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
