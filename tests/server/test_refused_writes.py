"""What was sent and refused, on a database of its own: the transaction is over when the page of refusal is made."""

from __future__ import annotations

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from server import deps
from server.app import create_app
from server.settings import Settings
from surveys import accounts, logins
from surveys.database import transaction
from tests.factories import NOW, make_account, make_partnership, share_fonts


@pytest.fixture
def facilitator(fresh_url, fresh_engine, tmp_path):
    """Somebody logged in who runs one partnership; nothing but the clock is replaced in the service."""
    share_fonts(tmp_path)
    app = create_app(Settings(var_dir=tmp_path, database_url=fresh_url, secret_key_file=tmp_path / "secret-key"))
    app.dependency_overrides = {deps.read_clock: lambda: NOW, deps.is_second_factor_required: lambda: False}
    with transaction(fresh_engine) as session:
        account, partnership = make_account(session), make_partnership(session)
        accounts.entrust(session, account, partnership.id)
        token, path = logins.begin(session, account, NOW), f"/partnerships/{partnership.id}"
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
        browser.cookies.set(deps.SESSION_COOKIE, token)
        yield browser, path


def refused(answer, status):
    assert answer.status_code == status
    assert 'href="/account"' in answer.text  # whoever is logged in still finds the way on
    assert 'href="/accounts"' not in answer.text


def test_an_unknown_id_is_not_found(facilitator):
    browser, path = facilitator
    refused(browser.post(f"/account/tokens/{uuid4()}/revoke"), 404)
    refused(browser.post(f"/partnerships/{uuid4()}/questionnaire", files={"file": ("form.xlsx", b"x")}), 404)
    assert browser.get(path).status_code == 200


def test_a_malformed_form_is_refused(facilitator):
    browser, _ = facilitator
    refused(browser.post("/account/tokens", data={"name": "My script"}), 422)
    refused(browser.post("/account/tokens/mine/revoke"), 422)


def test_a_questionnaire_sent_in_pieces_that_nothing_parts_is_refused(facilitator):
    browser, path = facilitator
    answer = browser.post(f"{path}/questionnaire", content=b"form", headers={"content-type": "multipart/form-data"})
    refused(answer, 400)
