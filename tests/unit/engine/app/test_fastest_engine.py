"""Which engine listens is measured at the first start, and again when that is no longer true."""

import json
import stat
from pathlib import Path

import pytest

from engine.app import fastest_engine as module
from engine.app.fastest_engine import FILE, quickest, read_measured, reading_times_ms
from engine.core.paths import shipped_weights
from engine.model.checkpoint import Weights, load
from engine.model.inference_engines import Computing

CPU, GPU, ONNX = Computing("mlx", "cpu"), Computing("mlx", "gpu"), Computing("onnx", "cpu")
AMONG = [CPU, GPU, ONNX]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return load(shipped_weights() / "default")


class Machine:
    """Whose engines take as long as it says; counts what is measured."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **took_ms: float) -> None:
        self.took_ms = took_ms
        self.name = "mini"
        self.measured: list[str] = []
        monkeypatch.setattr(module, "reading_times_ms", self.times)

    def times(self, _: Weights, computing: Computing, **__: object) -> list[float]:
        self.measured.append(str(computing))
        middle = self.took_ms[str(computing).replace(" ", "_")]
        return [0.0, middle, middle, 50.0]

    def choose(self, weights: Weights, cache: Path, among: list[Computing] = AMONG) -> Computing:
        self.measured.clear()
        return quickest(weights, among, cache, machine=lambda: self.name)


def test_the_first_start_measures_and_the_next_ones_know(weights, tmp_path, monkeypatch):
    machine = Machine(monkeypatch, mlx_cpu=1.2, mlx_gpu=4.0, onnx_cpu=2.0)
    assert machine.choose(weights, tmp_path / "cache") == CPU
    assert machine.measured == ["mlx cpu", "mlx gpu", "onnx cpu"]
    assert machine.choose(weights, tmp_path / "cache") == CPU
    assert machine.measured == []
    file = tmp_path / "cache" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    assert kept["machine"] == "mini"
    assert kept["median_ms"] == {"mlx cpu": 1.2, "mlx gpu": 4.0, "onnx cpu": 2.0}


@pytest.mark.parametrize(
    "changed", ["another machine", "another version", "another engine", "a broken file", "no number", "a list"]
)
def test_what_was_measured_of_something_else_is_measured_again(weights, tmp_path, monkeypatch, changed):
    machine = Machine(monkeypatch, mlx_cpu=1.2, mlx_gpu=4.0, onnx_cpu=2.0)
    among = [CPU, GPU] if changed == "another engine" else AMONG
    machine.choose(weights, tmp_path, among)
    machine.took_ms["mlx_gpu"] = 0.5
    if changed == "another machine":
        machine.name = "studio"
    elif changed == "another version":
        monkeypatch.setattr(module, "version", lambda _: "99")
    elif changed == "a broken file":
        (tmp_path / FILE).write_text("{")
    elif changed == "no number":
        (tmp_path / FILE).write_text((tmp_path / FILE).read_text().replace("1.2", '"quick"'))
    elif changed == "a list":
        (tmp_path / FILE).write_text(json.dumps(json.loads((tmp_path / FILE).read_text()) | {"median_ms": [1.2]}))
    assert machine.choose(weights, tmp_path) == GPU
    assert machine.measured == ["mlx cpu", "mlx gpu", "onnx cpu"]


def test_a_cache_that_can_not_be_written_stops_nothing(weights, tmp_path, monkeypatch):
    machine = Machine(monkeypatch, mlx_cpu=1.2, mlx_gpu=4.0, onnx_cpu=0.4)
    (tmp_path / "cache").write_text("no folder")
    assert machine.choose(weights, tmp_path / "cache") == ONNX
    assert read_measured(tmp_path / "cache") is None


def test_where_there_is_no_choice_nothing_is_measured(weights, tmp_path, monkeypatch):
    machine = Machine(monkeypatch)
    assert machine.choose(weights, tmp_path, [CPU]) == CPU
    assert not list(tmp_path.iterdir())


def test_a_measurement_is_of_live_readings_with_a_full_history(weights):
    ticks = iter(range(1000))
    times = reading_times_ms(weights, CPU, readings=3, clock=lambda: float(next(ticks)))
    assert times == [1000.0] * 3
