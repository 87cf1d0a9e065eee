"""The digits: where they come from, how they are split, and how they reach the reader."""

from __future__ import annotations

import gzip
import hashlib
import runpy
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnviz import data

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"


@pytest.fixture(scope="module")
def prepare():
    """The names of data/prepare_digits.py."""
    return runpy.run_path(str(DATA / "prepare_digits.py"))


# --- the file -----------------------------------------------------------------------------------


def test_the_file_is_scikit_learns_copy(prepare):
    assert (
        gzip.decompress((DATA / "digits.csv.gz").read_bytes()).decode() == prepare["digits_csv"]()
    )


def test_making_the_file_twice_gives_the_same_bytes(prepare, tmp_path):
    def make(folder: Path) -> bytes:
        folder.mkdir()
        prepare["main"].__globals__["HERE"] = folder
        prepare["main"]()
        return (folder / "digits.csv.gz").read_bytes() + (folder / "SHA256SUMS").read_bytes()

    first = make(tmp_path / "first")
    time.sleep(1.1)  # gzip would write the time in whole seconds
    assert make(tmp_path / "second") == first


def test_the_gzip_header_holds_no_time_and_no_name():
    header = (DATA / "digits.csv.gz").read_bytes()[:10]
    assert header[3] == 0  # no flags: no file name, no comment
    assert header[4:8] == bytes(4)  # no modification time


def test_the_checksums_hold():
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    assert [line.split()[1] for line in lines] == ["digits.csv.gz"]
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest


# --- the split ----------------------------------------------------------------------------------


def test_shapes_types_and_range():
    split = data.digits()
    assert split.x_train.shape == (1297, 64) and split.x_test.shape == (500, 64)
    assert split.y_train.shape == (1297,) and split.y_test.shape == (500,)
    assert split.x_train.dtype == split.x_test.dtype == np.float32
    assert split.y_train.dtype == split.y_test.dtype == np.int64
    assert split.x_train.min() == 0 and split.x_train.max() == 1


def test_pixels_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    def rows(x, y):
        return sorted(map(tuple, np.column_stack([x, y]).tolist()))

    bunch, split = load_digits(), data.digits(seed=3)
    ours = rows(np.r_[split.x_train, split.x_test], np.r_[split.y_train, split.y_test])
    assert ours == rows(bunch.data / 16, bunch.target)


@pytest.mark.parametrize("seed", range(5))
def test_the_split_is_stratified(seed):
    split = data.digits(seed)
    test, all_ = np.bincount(split.y_test), np.bincount(np.r_[split.y_train, split.y_test])
    assert np.abs(test - 500 * all_ / 1797).max() < 1


def test_the_split_depends_on_the_seed_alone():
    first, again, other = data.digits(1), data.digits(1), data.digits(2)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.y_train, other.y_train)
    tests = [set(map(bytes, split.x_test)) for split in (first, other)]
    assert len(tests[0] & tests[1]) < 250  # a third is expected, 500 would be the same images


def test_both_parts_are_shuffled():
    split = data.digits()
    for y in (split.y_train, split.y_test):
        assert (np.diff(y) >= 0).mean() < 0.75  # sorted by class it would be 1


def test_a_change_stays_with_the_reader():
    data.digits().x_train[:] = -1
    assert data.digits().x_train.min() == 0


def test_loading_is_fast():
    def load() -> float:
        data._load.cache_clear()
        started = time.perf_counter()
        data.digits()
        return time.perf_counter() - started

    assert min(load() for _ in range(3)) < 0.15


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20), st.data())
def test_shares_add_up_and_are_less_than_one_off(counts, draw):
    total = draw.draw(st.integers(0, sum(counts)))
    counts = np.array(counts)
    shares = data.share_out(total, counts)
    assert shares.sum() == total
    assert np.abs(shares - total * counts / counts.sum()).max() < 1
    assert (shares <= counts).all()


# --- when the file is missing or damaged --------------------------------------------------------


@pytest.fixture
def copy_of_data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setattr(data, "data_folder", lambda: folder)
    return folder


@pytest.mark.parametrize("name", ["digits.csv.gz", "SHA256SUMS"])
def test_a_missing_file_is_named(copy_of_data, name):
    (copy_of_data / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name} is missing.*git checkout"):
        data.digits()


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"", lambda b: b + b"\n"])
def test_a_damaged_file_is_named(copy_of_data, damage):
    path = copy_of_data / "digits.csv.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"digits\.csv\.gz is damaged: its SHA-256 is .*install"):
        data.digits()


def test_a_checksum_that_is_not_there_is_said(copy_of_data):
    (copy_of_data / "SHA256SUMS").write_text("")
    with pytest.raises(ValueError, match="SHA256SUMS does not name it"):
        data.digits()


# --- spirals ------------------------------------------------------------------------------------


def test_spirals_have_two_classes_within_the_unit_circle():
    x, y = data.spirals(n=600, seed=0)
    assert x.shape == (600, 2) and x.dtype == np.float32 and y.dtype == np.int64
    assert 240 < y.sum() < 360
    assert np.linalg.norm(x, axis=1).max() < 1 + 5 * 0.03


def test_without_noise_the_second_spiral_is_the_first_turned_by_half():
    x, y = data.spirals(n=300, noise=0)
    radius = np.linalg.norm(x, axis=1)
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * 1.5 * radius - np.pi * y
    np.testing.assert_allclose(np.cos(angle), 1, atol=1e-5)


def test_spirals_depend_on_the_seed_alone():
    first, again, other = (data.spirals(seed=seed)[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("wrong", [{"n": -1}, {"noise": -0.1}])
def test_negative_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match="must be 0 or more"):
        data.spirals(**wrong)
