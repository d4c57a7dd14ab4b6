import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_defaults_work_on_a_laptop():
    settings = Settings()
    assert (settings.host, settings.port, settings.https) == ("127.0.0.1", 8000, False)


def test_environment_is_read(monkeypatch):
    monkeypatch.setenv("RAPPORT_BASE_URL", "https://rapport.example.org")
    monkeypatch.setenv("RAPPORT_HOSTS", '["rapport.example.org"]')
    settings = Settings()
    assert settings.https
    assert settings.hosts == ("rapport.example.org",)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"base_url": "http://rapport.example.org"}, "must be https"),
        ({"base_url": "rapport.example.org"}, "must look like"),
        ({"base_url": "https://rapport.example.org/under/here"}, "must look like"),
        ({"hosts": ("*.example.org",)}, "must be written out"),
        ({"keystore": ()}, "at least one directory"),
    ],
)
def test_unsafe_values_are_refused(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Settings(**given)


def test_readme_lists_every_variable():
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| variable | default | meaning |") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    listed = {name for row in rows for name in re.findall(r"`RAPPORT_(\w+)`", row)}
    assert listed == {name.upper() for name in Settings.model_fields}
