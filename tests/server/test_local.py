"""Local analysis of real and made-up files, as somebody at a terminal meets it."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from server.commands_data import register
from surveys.instruments import read_instrument
from tests.server.exchange.samples import written
from tests.server.test_local_scores import random_file

REFERENCE = Path(os.environ["RAPPORT_REFERENCE"])
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
real = pytest.mark.skipif(not REFERENCE.exists(), reason="NOT COMPARED: RAPPORT_REFERENCE names no folder")
Rows = dict[tuple[str, ...], dict[str, str]]


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["analyse", *(str(one) for one in arguments)])


def table(path: Path) -> Rows:
    """Rows by partnership, round, estimate, target and population; a key that occurs twice is a fault."""
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {tuple(row[k] for k in ("partnership", "round", "estimate", "target", "population")): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("units")
    done = run(REFERENCE / "real/units/answers.csv", "--instrument", EXAMPLES / "units.toml", "--out", out, "--charts")
    assert done.exit_code == 0, done.output
    assert "Not for publication" in done.output
    assert "Partnerships: 16, rounds: 48" in done.output
    return out


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("teams")
    dyads = REFERENCE / "real/teams/dyads.csv"
    done = run("--dyads", dyads, "--instrument", EXAMPLES / "teams.toml", "--out", out)
    assert done.exit_code == 0, done.output
    return out


@real
def test_units_agree_with_the_reference_case(units: Path) -> None:
    """Change of job satisfaction from round 1 to 3 over all people: R's t.test and Derrick's T_new2."""
    expected = json.loads((REFERENCE / "public/F08_change_univbct_jobsat.json").read_text())["expected"]
    rows = table(units / "trends.csv")
    for estimate, case in (
        ("change_first", "partial_overlap"),
        ("change_first_paired", "paired"),
        ("change_first_independent", "independent_welch"),
    ):
        row = rows["(all)", "3", estimate, "construct:JSAT", "all"]
        assert float(row["scale_value"]) == pytest.approx(expected[case]["change"], abs=1e-8)
        assert float(row["scale_low"]) == pytest.approx(expected[case]["ci"][0], abs=1e-8)
        assert float(row["scale_high"]) == pytest.approx(expected[case]["ci"][1], abs=1e-8)
        assert float(row["p"]) == pytest.approx(expected[case]["p"], abs=1e-8)
    levels = table(units / "indices.csv")
    for number, mean, n in (("1", "mean1", "n_wave1"), ("3", "mean2", "n_wave2")):
        row = levels["(all)", number, "level", "construct:JSAT", "all"]
        assert float(row["scale_value"]) == pytest.approx(expected[mean], abs=1e-8)
        assert int(row["n"]) == expected[n]


@real
def test_units_below_the_floors_say_so(units: Path) -> None:
    rows = table(units / "indices.csv")
    assert len(rows) == (16 + 1) * 3 * 3
    small = rows["battalion-0704", "1", "level", "construct:JSAT", "all"]
    assert (small["value"], small["low"], small["n"], small["reason"]) == ("", "", "", "too_few")
    large = rows["battalion-3066", "1", "level", "construct:JSAT", "all"]
    assert float(large["low"]) < float(large["value"]) < float(large["high"])
    shown = [row for row in rows.values() if row["value"] and row["partnership"] != "(all)"]
    assert {row["partnership"] for row in shown} == {
        f"battalion-{code}" for code in ("0004", "0299", "0404", "1022", "2004", "3066", "4042")
    }


@real
def test_units_are_drawn(units: Path) -> None:
    charts = sorted(path.name for path in units.glob("trend-*.svg"))
    assert len(charts) == 17
    assert "trend-all.svg" in charts
    drawn = (units / "trend-battalion-3066.svg").read_text()
    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 1020">')
    assert "Not for publication" in drawn
    for index in ("Job satisfaction", "Commitment", "Readiness"):
        assert f">battalion-3066: {index}</title>" in drawn
    assert "the last one: 59 (54 to 63)" in drawn
    assert "the last one: too few answers to show" in (units / "trend-battalion-0704.svg").read_text()


@real
def test_teams_agree_with_the_published_components(teams: Path) -> None:
    """The closed-form estimator on the 64 complete groups of round 1, in squared scale points."""
    rows = table(teams / "dyads.csv")
    for name, expected in (("rater", 0.841), ("rated", 0.018), ("relationship", 0.236)):
        row = rows["(all)", "1", "srm_variance", f"component:{name}", "programme"]
        assert float(row["scale_value"]) == pytest.approx(expected, abs=0.0005)
        assert row["n"] == "64"


@real
def test_teams_received_and_asymmetry(teams: Path) -> None:
    rows = table(teams / "dyads.csv")
    assert len({key[0] for key in rows}) == 67
    received = rows["team-01", "1", "received", "partner:person-001", "all"]
    given = [
        float(rows["team-01", "1", "rating", f"pair:person-00{i}>person-001", "all"]["scale_value"]) for i in (2, 3, 4)
    ]
    assert float(received["scale_value"]) == pytest.approx(sum(given) / 3)
    there = float(rows["team-01", "1", "rating", "pair:person-001>person-002", "all"]["scale_value"])
    gap = float(rows["team-01", "1", "asymmetry", "pair:person-001>person-002", "all"]["scale_value"])
    assert gap == pytest.approx(there - given[0])
    hidden = rows["team-01", "1", "srm_variance", "component:rater", "all"]
    assert (hidden["value"], hidden["reason"]) == ("", "too_few")


@real
def test_a_file_of_ratings_is_recognized(teams: Path, tmp_path: Path) -> None:
    done = run(REFERENCE / "real/teams/dyads.csv", "--instrument", EXAMPLES / "teams.toml", "--out", tmp_path)
    assert done.exit_code == 0
    assert (tmp_path / "dyads.csv").read_bytes() == (teams / "dyads.csv").read_bytes()


def three(folder: Path) -> Path:
    """The instrument of the random file, as a file."""
    scale = "[scales.agreement]\nlow = 0\nhigh = 10\n"
    constructs = "".join(f'[[constructs]]\ncode = "{c}"\ntitles = {{ en = "{c}" }}\n' for c in "ABC")
    codes = [("A1", "A"), ("A2", "A"), ("A3", "A"), *((f"B{at}", "B") for at in range(1, 5)), ("C1", "C")]
    items = "".join(f'[[items]]\ncode = "{i}"\nconstruct = "{c}"\ntexts = {{ en = "." }}\n' for i, c in codes)
    head = 'code = "three"\ntitles = { en = "Three" }\ncomposite = ["A", "B", "C"]\n'
    return written(folder, head + scale + constructs + items, name="three.toml")


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    answers, instrument = random_file(tmp_path), three(tmp_path)
    lines = answers.read_text().splitlines()
    shuffled = written(tmp_path, lines[0], *lines[:0:-1], name="shuffled.csv")
    for path, out in ((answers, "one"), (shuffled, "two")):
        assert run(path, "--instrument", instrument, "--out", tmp_path / out, "--charts").exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_rhythm_sets_the_dates(tmp_path: Path) -> None:
    answers, instrument = random_file(tmp_path), three(tmp_path)
    done = run(answers, "--instrument", instrument, "--out", tmp_path, "--rhythm", 12, "--first-closed", "2020-03-31")
    assert done.exit_code == 0
    days = {(row["round"], row["closed_on"]) for row in table(tmp_path / "indices.csv").values()}
    assert days == {("1", "2020-03-31"), ("2", "2021-03-31"), ("3", "2022-03-31")}
    assert "12 months apart" in done.output


def test_briefs_and_robustness(tmp_path: Path) -> None:
    answers, instrument = random_file(tmp_path), three(tmp_path)
    done = run(answers, "--instrument", instrument, "--out", tmp_path, "--briefs", "--robustness")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "brief-p3.html").read_text()
    assert "Not for publication" in page
    assert (tmp_path / "brief-p3.pdf").read_bytes().startswith(b"%PDF")
    rows = table(tmp_path / "robustness.csv")
    simulated = rows["p3", "3", "composite_monte_carlo", "composite", "all"]
    assert float(simulated["low"]) <= float(simulated["value"]) <= float(simulated["high"])


def test_full_releases_say_the_same(tmp_path: Path) -> None:
    """The tables of thousands of rounds at once, and the full estimation of one round at a time."""
    from server.exchange.csv_in import read_answers
    from server.exchange.histories import Histories
    from server.local_releases import releases_of

    answers, path = random_file(tmp_path), three(tmp_path)
    assert run(answers, "--instrument", path, "--out", tmp_path).exit_code == 0
    rows = table(tmp_path / "indices.csv") | table(tmp_path / "trends.csv")
    instrument = read_instrument(path)
    series = releases_of(Histories(instrument, read_answers(answers, instrument)), "p3", seed=1, robust=False)
    compared = 0
    for release in series:
        for cell in release.cells:
            key = ("p3", str(release.round_number), cell.estimate, cell.target, cell.population)
            if key in rows and cell.target != "partnership":
                compared += 1
                for name in ("value", "low", "high"):
                    said, expected = rows[key][name], getattr(cell, name)
                    assert (said == "") == (expected is None), key
                    assert said == "" or float(said) == pytest.approx(expected, rel=1e-8), key
    assert compared >= 40


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("w,M,1,a,11", "answers.csv, line 2, column T1: 11 is outside the scale 0 to 10; nothing was read"),
        ("w,M,1,a,NaN", "line 2, column T1: “NaN” is not a score"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, cells: str, sentence: str) -> None:
    path = written(tmp_path, "partnership,organization,round,respondent,T1", cells)
    done = run(path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv"], "none.csv, the file cannot be opened (No such file or directory); nothing was read"),
        ([], "give a file of answers, a file of ratings (--dyads), or both; nothing was read"),
        (["none.csv", "--instrument", "pti-9"], "there is no standard instrument called pti-9"),
        (["none.csv", "--mapping", "none.toml"], "none.toml cannot be read as a mapping"),
    ],
)
def test_missing_files(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = run(*arguments, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stderr.startswith(sentence)


def test_rounds_out_of_order(tmp_path: Path) -> None:
    header = "partnership,organization,round,respondent,closed_on,T1"
    path = written(tmp_path, header, "w,M,1,a,2024-06-30,5", "w,M,2,a,2024-01-01,5")
    done = run(path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    said = "answers.csv, line 3, column closed_on: round 2 of “w” closed on 2024-01-01, not after round 1 on 2024-06-30"
    assert done.stderr == f"{said}; nothing was read\n"


def test_names_cannot_become_formulas(tmp_path: Path) -> None:
    rows = [f"=cmd($\\frac{{}}$),o{at},1,p{at},5" for at in range(6)]
    path = written(tmp_path, "partnership,organization,round,respondent,T1", *rows)
    done = run(path, "--out", tmp_path / "out", "--charts")
    assert done.exit_code == 0, done.output
    assert "\n'=cmd($\\frac{}$),1," in (tmp_path / "out/indices.csv").read_text(encoding="utf-8-sig")
    assert (tmp_path / "out/trend-cmd-frac.svg").exists()


@pytest.mark.parametrize("name", ["units", "teams"])
def test_the_examples_are_instruments(name: str) -> None:
    instrument = read_instrument(EXAMPLES / f"{name}.toml")
    assert instrument.code == name
    assert all(not scale.whole for scale in instrument.scales.values())
