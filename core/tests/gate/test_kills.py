"""A bounded share of the kills of ``tests/benchmarks/kills.py``: at random moments, with a reader beside them."""

from __future__ import annotations

from machinery.killing import Killing


def test_killed_publishers_leave_the_old_rows_or_the_new_and_the_next_run_mends_the_rest(tmp_path):
    report = Killing(tmp_path, str(tmp_path / "wh"), seed=4, rows=200).run(5)
    assert report.faults == []
    assert (report.kills, report.firsts) == (5, 1)
    assert report.reads > 5


def test_killed_publishers_leave_the_old_rows_or_the_new_in_a_bucket(tmp_path, bucket, faulty, monkeypatch):
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    through = {"environment": bucket.at(faulty.url).environment, "proxy": faulty}
    report = Killing(tmp_path, f"{bucket.uri}/wh", seed=4, rows=50, **through).run(5)
    assert report.faults == []
    assert (report.kills, report.firsts) == (5, 1)
    assert report.reads > 3
