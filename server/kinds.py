"""Kinds of organizations, roles, phases and forms of partnerships in words."""

from __future__ import annotations

from server.wording import N_

KINDS = {
    "central_government": N_("central government"),
    "local_government": N_("local government"),
    "national_ngo": N_("national NGO"),
    "national_private": N_("national private sector"),
    "national_academic": N_("national university or institute"),
    "donor_country": N_("donor country"),
    "un_agency": N_("United Nations agency"),
    "lending_agency": N_("lending agency"),
    "international_ngo": N_("international NGO"),
    "foreign_investor": N_("foreign investor"),
    "external_academic": N_("external university or institute"),
}
ROLES = {"lead": N_("lead partner"), "external_lead": N_("external lead partner"), "member": N_("member")}
PHASES = {
    "idea": N_("idea"),
    "pilot": N_("pilot"),
    "review": N_("review"),
    "scale_up": N_("scale-up"),
    "sustained": N_("sustained"),
    "closed": N_("closed"),
    "imported": N_("imported history"),
}
MODALITIES = {
    "national": N_("national partnership: State, civil society, private sector"),
    "external": N_("partnership with donors, international agencies, investors or NGOs"),
}
LEVELS = {
    "central": N_("central"),
    "province": N_("province"),
    "district": N_("district"),
    "commune": N_("commune"),
}
FOCUS = {
    "human_development": N_("human development"),
    "poverty_reduction": N_("poverty reduction"),
    "decentralization": N_("participatory decentralized development"),
}
