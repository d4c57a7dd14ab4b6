"""GET /partnerships/{id}/dyads: how partners see each other, and who may see how much of it."""

from __future__ import annotations

import csv
import html
import io
from dataclasses import replace
from uuid import uuid4

import pytest

from surveys import accounts
from surveys.releases import Cell, Partner
from tests.factories import make_account, make_organization
from tests.sample_releases import PARTNERS, SERIES
from tests.server.conftest import make_released, text_of

KINDS = ("un_agency", "lending_agency", "donor_country")
LENDERS = tuple(Partner(f"l{at}", f"Lender {at}", kind, "external") for at, kind in enumerate(KINDS, start=1))


def address(partnership, more=""):
    return f"/partnerships/{partnership.id}/dyads{more}"


def read(page):
    return html.unescape(text_of(page.text))


def averages() -> list[Cell]:
    return [
        Cell("received", "partnership", value=64, low=58, high=70, n=6),
        Cell("received", "partnership", "national", value=70, low=60, high=80, n=3),
        Cell("rating", "side:national>external", value=61, low=50, high=72),
        Cell("rating", "side:external>national", reason="too_few"),
        Cell("reciprocity", "partnership", value=0.83),
        Cell("srm_reliability", "component:rated", value=0.72),
        Cell("asymmetry", "partnership", value=9, n=15),
    ]


def seen_by(audience: str, level: str = "B") -> list[Cell]:
    """What the facilitator (or at level C everybody) sees, and what partner o1 sees of its own."""
    cells = [
        Cell("received", "partner:o1", audience=audience, value=66, low=55, high=77),
        Cell("given", "partner:o1", audience=audience, value=59, low=50, high=68),
        Cell("received", "partner:o2", audience=audience, reason="too_few"),
        Cell("srm_rated", "partner:o1", audience=audience, value=7),
        Cell(
            "asymmetry",
            "pair:o1>o2",
            audience=audience,
            value=-20,
            low=-35,
            high=-5,
            word="less",
            flags=("beyond_error",),
        ),
        Cell("asymmetry", "pair:o1>o3", audience=audience, value=4, low=-11, high=19, word="even"),
        Cell("meta_gap", "pair:o1>o2", audience=audience, value=30),
        Cell("meta_gap", "pair:o2>o1", audience=audience, value=-4),
        Cell("rating", "pair:o1>o2", audience=audience, value=50),
        Cell("rating", "pair:o2>o1", audience=audience, value=70),
        Cell("rating", "pair:l1>l2", audience=audience, value=33),
    ]
    if level == "B":
        cells += [
            Cell("received", "partner:o1", audience="partner:o1", value=66, low=55, high=77),
            Cell("asymmetry", "pair:o1>o2", audience="partner:o1", word="less"),
            Cell("meta_gap", "pair:o1>o2", audience="partner:o1", word="more"),
            Cell("asymmetry", "pair:o2>o1", audience="partner:o2", word="more"),
        ]
    return cells


@pytest.fixture
def at_level(session, keystore, partnership):
    def store(level: str, **given: object) -> None:
        more = [] if level == "A" else seen_by("all" if level == "C" else "facilitator", level)
        cells = (*(c for c in SERIES[2].cells if c.estimate != "received"), *averages(), *more)
        last = replace(SERIES[2], disclosure_level=level, partners=(*PARTNERS, *LENDERS), cells=cells)
        make_released(session, keystore, partnership, (*SERIES[:2], replace(last, **given)))

    return store


@pytest.fixture
def seated(session, partnership):
    """An account with another seat than the facilitator's; a representative's stands for partner o1 of the release."""

    def sit(role: str, organization_id=None):
        account = make_account(session, f"{role}-{organization_id or 'nobody'}")
        accounts.entrust(session, account, partnership.id, role=role, organization_id=organization_id)
        session.flush()
        return account

    return sit


def test_it_works(log_in, amina, partnership, at_level):
    at_level("B")
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    said = read(page)
    assert "all partners 64 (58 to 70) 6" in said
    assert "Ministry of Health 66 (55 to 77) 59 (50 to 68) +7" in said
    assert "Example Fund too few answers to show" in said
    assert "Ministry of Health Example Fund (−20) 1 Example Fund Ministry of Health (+20) 0" in said
    assert "Village Health Network 1" in said  # nothing to tell apart, seen from its side
    assert "Ministry of Health Example Fund (+30) 0 Example Fund 1" in said
    assert "tendencies are shown from 0.60): 0.72" in said
    assert "How far trust is returned (1 is wholly): 0.83" in said


def test_at_level_a_only_sides(log_in, amina, partnership, at_level):
    at_level("A")
    said = read(log_in(amina).get(address(partnership)))
    assert "only what each side receives is shown" in said
    assert "national partners too few answers to show 61 (50 to 72)" not in said
    assert "national partners not computed for this round 61 (50 to 72)" in said
    assert "Who trusts whom" not in said
    assert "→" not in said.replace("From → about", "")


def test_at_level_b_the_matrix_is_the_facilitator_s_and_never_a_drawing(log_in, amina, partnership, at_level, seated):
    at_level("B")
    page = log_in(amina).get(address(partnership))
    assert "1. Ministry of Health 50" in read(page)
    assert "Lending, UN and bilateral agencies among themselves" in read(page)
    assert "<svg" not in page.text
    for role in ("reader", "trustee"):
        assert "Who trusts whom" not in read(log_in(seated(role)).get(address(partnership)))


def test_representative_sees_its_own_view_only(log_in, session, keystore, partnership, seated):
    organization = make_organization(session, "Ministry of Health itself")
    own = f"partner:{organization.id}"
    partners = (replace(PARTNERS[0], id=str(organization.id)), *PARTNERS[1:])
    cells = [
        replace(
            cell,
            target=cell.target.replace("o1", str(organization.id)),
            audience=own if cell.audience == "partner:o1" else cell.audience,
        )
        for cell in seen_by("facilitator")
    ]
    make_released(session, keystore, partnership, (replace(SERIES[2], partners=partners, cells=(*averages(), *cells)),))
    said = read(log_in(seated("representative", organization.id)).get(address(partnership)))
    assert "Ministry of Health 66 (55 to 77)" in said
    assert said.count("Ministry of Health Example Fund 0") == 2  # one direction in each table, without points
    for others in ("20)", "(+30)", "Who trusts whom", "59 (50 to 68)", "Village Health Network"):
        assert others not in said


def test_at_level_c_everybody_sees_the_drawings(log_in, partnership, at_level, seated):
    at_level("C")
    page = log_in(seated("reader")).get(address(partnership))
    said = read(page)
    assert page.text.count("<svg") == 6  # matrix, lenders, network, each wide and narrow
    assert ">Example Fund<" in page.text
    assert "Ministry of Health 50" in said
    assert "The network of trust" in said
    assert "1. Example Fund 2. Lender 1 3. Lender 2 4. Lender 3" in said
    assert "/dyads/network.png?round=3" in page.text


def test_files_hold_what_the_reader_may_see(log_in, amina, partnership, at_level, seated):
    at_level("B")

    def targets(account):
        text = log_in(account).get(address(partnership, ".csv")).content.decode("utf-8-sig")
        return {(row["estimate"], row["target"]) for row in csv.DictReader(io.StringIO(text))}

    assert ("rating", "pair:o1>o2") in targets(amina)
    reader = targets(seated("reader"))
    assert ("received", "partnership") in reader
    assert not any(target.startswith(("pair:", "partner:")) for _, target in reader)


@pytest.mark.parametrize("suffix", ["svg", "png", "csv"])
def test_drawings_are_files_at_level_c_only(log_in, amina, partnership, at_level, suffix):
    at_level("C")
    for name in ("matrix", "lenders", "network"):
        assert log_in(amina).get(address(partnership, f"/{name}.{suffix}")).status_code == 200
    assert log_in(amina).get(address(partnership, f"/other.{suffix}")).status_code == 404
    assert log_in(amina).get(address(partnership, f"/matrix.{suffix}?round=1")).status_code == 404


def test_at_level_b_there_is_no_file_of_a_drawing(log_in, amina, partnership, at_level):
    at_level("B")
    assert log_in(amina).get(address(partnership, "/matrix.svg")).status_code == 404


def test_personal_answers_show_means_received(log_in, amina, partnership, at_level):
    personal = (
        Cell("received", "partner:o1", value=66, n_band="8-10"),
        Cell("received", "partner:o2", reason="too_few"),
    )
    at_level("B", dyadic_mode="personal", cells=personal)
    said = read(log_in(amina).get(address(partnership)))
    assert "people answered personally and anonymously" in said
    assert "Ministry of Health 66" in said
    assert "Example Fund too few answers to show" in said


def test_an_earlier_round_is_chosen(log_in, amina, partnership, at_level):
    at_level("B")
    said = read(log_in(amina).get(address(partnership, "?round=1")))
    assert "This round holds nothing that may be shown about single partners." in said
    assert log_in(amina).get(address(partnership, "?round=9")).status_code == 404
    assert log_in(amina).get(address(partnership, "?round=x")).status_code == 404


def test_hard_names_are_text(log_in, amina, partnership, at_level):
    hard = ("<script>alert(1)</script>", "مؤسسة التعاون \u202e", "N" * 300 + " 😀")
    named = tuple(replace(one, name=name) for one, name in zip(PARTNERS, hard, strict=True))
    at_level("C", partners=(*named, *LENDERS))
    page = log_in(amina).get(address(partnership))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "N" * 300 in page.text
    assert all(
        log_in(amina).get(address(partnership, f"/{name}.png")).status_code == 200 for name in ("matrix", "network")
    )


def test_without_a_release(log_in, amina, partnership):
    said = read(log_in(amina).get(address(partnership)))
    assert "No round has been released yet." in said
    assert log_in(amina).get(address(partnership, ".csv")).status_code == 404


@pytest.mark.parametrize("language", ["km", "fr"])
def test_other_languages(log_in, amina, partnership, at_level, language):
    at_level("B")
    page = log_in(amina).get(address(partnership), headers={"accept-language": language})
    assert {"km": "នរណាទុកចិត្តនរណា", "fr": "Qui fait confiance à qui"}[language] in page.text


def test_stranger_finds_nothing(log_in, stranger, partnership, released):
    assert log_in(stranger).get(address(partnership)).status_code == 404
    assert log_in(stranger).get(address(partnership, ".csv")).status_code == 404


@pytest.mark.parametrize("unknown", [uuid4(), "1"])
def test_unknown_or_malformed_id(log_in, amina, unknown):
    assert log_in(amina).get(f"/partnerships/{unknown}/dyads").status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


def test_wrong_method(log_in, amina, partnership):
    assert log_in(amina).post(address(partnership)).status_code == 405
