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
