"""`make bench` still finds what it measures; how fast it is, no test can say."""

from __future__ import annotations

import bench
from bench_lab import lab_rows


def test_every_row_about_figures_memory_and_import_is_measured():
    rows = [*bench.figure_rows(), *bench.other_rows()]
    assert len(rows) == 8
    assert all(measured for _, measured, _, _ in rows)


def test_the_lab_is_measured_beside_pytorch(chromium):
    rows = list(lab_rows(chromium, seconds=0.4))
    assert len(rows) == 5
    assert float(rows[1][1].split()[2]) > 0.05


def test_a_training_step_is_measured_against_itself():
    rows = bench.training_rows(seconds=0)
    name, measured, _, verdict = next(rows)
    assert (name, verdict) == ("MLP step, nothing watched", None)
    assert 0.3 < float(measured.split("×")[0]) < 3
    name, measured, budget, verdict = next(rows)
    assert (name, budget) == ("MLP step, bnviz.record", "≤ 1.08×")
    assert verdict in (True, False)
