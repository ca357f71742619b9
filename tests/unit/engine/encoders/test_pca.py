"""Principal components are scikit-learn's, however the rows come, and travel as safetensors."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest

from engine.core.errors import UsageError, WeightsError
from engine.encoders.pca import Pca, fit_pca, load_pca

RNG = np.random.default_rng(4)
ROWS = ((RNG.standard_normal((900, 48)) * np.geomspace(4.0, 0.05, 48)) @ RNG.standard_normal((48, 48)) + 7.0).astype(
    "f4"
)


@pytest.fixture(scope="module")
def fitted() -> Pca:
    return fit_pca([ROWS[:7], ROWS[7:500], ROWS[500:]], 12)


def test_they_equal_scikit_learn_s(fitted: Pca):
    from sklearn.decomposition import PCA

    theirs = PCA(12, svd_solver="full").fit(ROWS.astype(np.float64))
    assert np.abs(fitted.components - theirs.components_).max() < 1e-5
    assert np.abs(fitted.variance / theirs.explained_variance_ - 1).max() < 1e-5
    wanted = theirs.transform(ROWS.astype(np.float64))
    assert np.abs(fitted.apply(ROWS) - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_it_does_not_matter_how_the_rows_were_cut(fitted: Pca):
    whole = fit_pca([ROWS], 12)
    assert np.abs(whole.components - fitted.components).max() < 1e-9
    assert np.abs(whole.mean - fitted.mean).max() < 1e-12


def test_evened_out_every_column_has_mean_0_and_spread_1_and_a_still_one_is_left():
    rows = np.concatenate([ROWS[:, :5], np.full((900, 1), 3.0, "f4")], axis=1)
    even = fit_pca([rows], 2).scaled(rows)
    assert np.abs(even[:, :5].mean(axis=0)).max() < 1e-5 and np.abs(even[:, :5].std(axis=0) - 1).max() < 1e-5
    assert (even[:, 5] == 0).all()


def test_they_come_back_from_the_disk_to_the_bit_and_others_can_read_them(fitted: Pca, tmp_path: Path):
    file = tmp_path / "ResNET_PCA12.safetensors"
    assert len(fitted.save(file)) == 64
    again = load_pca(file)
    for name in ("mean", "spread", "components", "variance"):
        assert np.array_equal(getattr(again, name), getattr(fitted, name))
    length = struct.unpack("<Q", file.read_bytes()[:8])[0]
    header = json.loads(file.read_bytes()[8 : 8 + length])
    assert header["components"] == {"dtype": "F64", "shape": [12, 48], "data_offsets": [0, 8 * 12 * 48]}
    assert file.stat().st_mode & 0o77 == 0


def test_too_few_rows_and_another_width_are_a_person_s_mistake(fitted: Pca):
    with pytest.raises(UsageError, match="48 components can't be fitted on 40 rows"):
        fit_pca([ROWS[:40]], 48)
    with pytest.raises(UsageError, match="can't be fitted on 0 rows"):
        fit_pca([], 8)
    with pytest.raises(UsageError, match="rows of 48 numbers, not of 9"):
        fitted.apply(ROWS[:, :9])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean", np.array(3.0)),
        ("variance", np.array(3.0)),
        ("spread", np.ones(47)),
        ("mean", np.full(48, np.nan)),
        ("mean", np.zeros((48, 1))),
        ("components", np.ones((12, 48, 1))),
    ],
)
def test_components_of_other_shapes_or_no_numbers_are_refused(
    fitted: Pca, tmp_path: Path, name: str, value: np.ndarray
):
    replace(fitted, **{name: value}).save(tmp_path / "some.safetensors")
    with pytest.raises(WeightsError, match="holds no principal components"):
        load_pca(tmp_path / "some.safetensors")


def test_features_that_are_no_numbers_have_no_components():
    with pytest.raises(UsageError, match="what is no number"):
        fit_pca([np.where(ROWS[3, 3] == ROWS, np.nan, ROWS)], 2)


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, struct.pack("<Q", 4) + b"[1] ", struct.pack("<Q", 2) + b"{}"])
def test_a_file_that_holds_none_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "some.safetensors"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"some\.safetensors"):
        load_pca(file)
    for header in (
        b"[" * 99_999,
        json.dumps({"mean": {"dtype": "F64", "shape": [None], "data_offsets": [0, 0]}}).encode(),
    ):
        file.write_bytes(struct.pack("<Q", len(header)) + header)
        with pytest.raises(WeightsError, match="can't be read"):
            load_pca(file)
    mx.save_safetensors(str(file), {"mean": mx.zeros(3)})
    with pytest.raises(WeightsError, match="not of double precision"):
        load_pca(file)
