"""``hansa demo`` from nothing to the scorecard; again; without Dagster; over another week."""

import datetime as dt
import json


def test_the_demo_ends_well_with_its_scorecard_and_what_to_open_next(demo):
    assert demo.done.code == 0, demo.done.err
    lines = demo.done.out.splitlines()
    (scorecard,) = (n for n, line in enumerate(lines) if line.startswith("Scorecard"))
    assert f"{demo.days[0]} .. {demo.days[-1]}" in lines[scorecard]
    assert any(line.split()[0] == "risk.fraud.accuracy" and float(line.split()[1]) > 0.9 for line in lines[scorecard:])
    assert f"  hansa ui --mesh {demo.mesh}" in lines[lines.index("next") :]


def test_the_demo_says_nothing_on_standard_error(demo):
    assert demo.done.err == ""


def test_every_product_of_the_demo_is_published(demo, hansa):
    checked = json.loads(hansa("check", "--json", "--mesh", demo.mesh).out)
    assert {product for product, _ in demo.digests()} == set(checked["products"])


def test_the_demo_again_does_nothing_and_touches_no_file_of_the_warehouse(demo, hansa):
    def files():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (demo.home / "warehouse").rglob("*")}

    before = files()
    again = hansa("demo", "--customers", 300, "--home", demo.home)
    assert again.code == 0, again.err
    assert again.out.splitlines()[1].startswith("nothing to do: ")
    assert again.out.splitlines()[2:] == demo.done.out.splitlines()[-len(again.out.splitlines()) + 2 :]
    assert files() == before


def test_both_ways_publish_the_same_rows(demo, bare):
    assert bare.done.code == 0, bare.done.err
    assert bare.digests() == demo.digests()


def test_all_that_was_published_verifies(demo, hansa):
    done = hansa("verify", "--all", "--mesh", demo.mesh)
    assert done.code == 0, done.out


def test_another_week_works_by_its_dates_alone(bare, tmp_path, hansa):
    first = bare.first - dt.timedelta(days=21)
    bank = bare.copy(tmp_path)
    # So small a bank has seen few frauds by then.
    bank.mesh.write_text(bank.mesh.read_text().replace("train_every: 7", "train_every: 7\n    least_frauds: 10"))
    done = bank.run("risk.fraud", "--from", first, "--to", first + dt.timedelta(days=6), "--bare")
    assert done.code == 0, done.err
    listed = json.loads(hansa("scorecard", "--json", "--mesh", bank.mesh).out)["kpis"]
    measured = {value["kpi"]: value for value in listed}
    assert measured["risk.fraud.accuracy"]["period"][0] == str(first)
    assert measured["risk.fraud.accuracy"]["value"] is not None
