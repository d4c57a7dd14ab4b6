"""Roles and seats in words."""

from __future__ import annotations

from server.languages import translator
from server.sheets import name_of
from surveys.models import Organization


def role_words(role: str, organization: Organization | None, language: str) -> str:
    """What somebody is in a partnership; of a representative also for whom."""
    _ = translator(language).gettext
    names = {
        "facilitator": _("facilitator"),
        "representative": _("representative of a partner"),
        "trustee": _("trustee"),
        "reader": _("reader"),
    }
    if role == "representative" and organization is not None:
        return _("representative of {organization}").format(organization=name_of(organization, language))
    return names[role]
