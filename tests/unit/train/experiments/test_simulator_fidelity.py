"""The fidelity report: its measures find what was put into a sound, and its verdicts can fail."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core import grid
from engine.core.as_program import as_program
from engine.core.errors import ExitCode, InputError
from train.experiments import simulator_fidelity

RATE = grid.SAMPLE_RATE_HZ


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, int(seconds * RATE)).astype(np.float32)


def statistics(**changes: Any) -> dict[str, Any]:
    kind = {
        "sources": 3,
        "mel_db_re_total_mean": [-18.06] * 64,
        "mel_db_re_total_std_between_sources": [1.0] * 64,
        "level_std_db_over_1s_windows_median": 0.0,
        "envelope_modulation_power_share": dict(zip("abcde", [0.05, 0.06, 0.13, 0.25, 0.51], strict=True)),
    }
    spread = {"p10": 0.0, "p50": 1.0, "p90": 2.0}
    reaction = {"rise_10_90_s": spread, "peak_above_start_db": spread, "decay_db_per_s": spread}
    kinds = ("bed", "roar", "groan", "applause", "whistle", "drum_fanfare_horn", "chant")
    return {"kinds": {name: {**kind, **changes} for name in kinds}, "reactions": {"roar": reaction, "groan": reaction}}


def test_white_noise_has_a_flat_spectrum_and_no_slow_movement() -> None:
    lines = simulator_fidelity.compare([simulator_fidelity.Scene("bed", noise(20.0), noise(0.0))], statistics())
    assert [line.holds for line in lines] == [True, True]


def test_another_spectrum_or_movement_misses() -> None:
    wrong = statistics(mel_db_re_total_mean=list(np.linspace(-30, -10, 64)))
    swelling = noise(20.0) * np.sin(np.arange(20 * RATE) * np.pi * 0.6 / RATE).astype(np.float32) ** 2
    assert not simulator_fidelity.compare([simulator_fidelity.Scene("bed", noise(20.0), noise(0.0))], wrong)[0].holds
    assert not simulator_fidelity.compare([simulator_fidelity.Scene("bed", swelling, noise(0.0))], statistics())[
        1
    ].holds


def test_a_kind_known_from_one_source_gets_no_verdict() -> None:
    lines = simulator_fidelity.compare(
        [simulator_fidelity.Scene("applause", noise(5.0), noise(0.0))], statistics(sources=1)
    )
    assert {line.holds for line in lines} == {None}


@pytest.mark.parametrize(("rise_s", "height_db", "decay"), [(0.5, 12.0, 3.0), (1.5, 18.0, 6.0)])
def test_rise_height_and_decay_are_found(rise_s: float, height_db: float, decay: float) -> None:
    t = np.arange(9 * RATE) / RATE - 1.0
    level = np.clip(np.minimum(t / (rise_s / 0.8), 1.0) * height_db, 0.0, None)
    level = np.minimum(level, np.maximum(height_db - decay * (t - rise_s / 0.8), 0.0))
    sound = noise(9.0) * (10 ** (level / 20)).astype(np.float32)
    rise, height, slope = simulator_fidelity.rise_height_decay(
        simulator_fidelity.Scene("roar", sound[RATE:], sound[:RATE])
    )
    assert rise == pytest.approx(rise_s, abs=0.25)
    assert height == pytest.approx(height_db, abs=1.5)
    assert slope == pytest.approx(-decay, rel=0.25)


def test_a_ground_has_a_scene_of_every_kind() -> None:
    scenes = simulator_fidelity.draw_scenes(3)
    assert {scene.kind for scene in scenes} == set(statistics()["kinds"])
    assert all(np.isfinite(simulator_fidelity.spectrum_db(scene.sound)).all() for scene in scenes)


@pytest.mark.parametrize("text", ["", "{}", '{"kinds": {"bed": {"mel_db_re_total_mean": [1]}}}', "[]"])
def test_another_file_is_a_clear_error(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "statistics.json"
    file.write_text(text)
    with pytest.raises(InputError, match=r"statistics\.json"):
        simulator_fidelity.load_statistics(file)
    assert as_program(lambda: simulator_fidelity.main(["--statistics", str(file)])) == ExitCode.INPUT
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_statistics_form_is_read(tmp_path: Path) -> None:
    file = tmp_path / "statistics.json"
    file.write_text(json.dumps(statistics()))
    assert simulator_fidelity.load_statistics(file) == statistics()
