"""The commands beside listening, each in a process of its own."""

import json
from pathlib import Path

import pytest

from tests.functional.conftest import Momentum


@pytest.fixture
def without_portaudio(momentum: Momentum, tmp_path: Path) -> Momentum:
    """The program on a machine where ``import sounddevice`` fails as it does without the library."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    momentum.environment["PYTHONPATH"] = f"{folder}:{Path(__file__).parents[2]}"
    return momentum


def test_without_portaudio_devices_says_how_to_get_it(without_portaudio: Momentum):
    assert "PortAudio" in without_portaudio.refused("devices", code=3)


def test_without_portaudio_the_doctor_finds_a_problem_and_checks_the_rest(without_portaudio: Momentum):
    done = without_portaudio.run("doctor", "--json")
    report = json.loads(done.stdout)
    verdicts = {finding["what"]: finding["verdict"] for finding in report["findings"]}
    assert (done.returncode, report["ready"], verdicts["PortAudio"]) == (1, False, "problem")
    assert {"weights", "MLX", "speed", "disk", "clock", "terminal"} <= set(verdicts)


def test_without_portaudio_the_version_is_still_told(without_portaudio: Momentum):
    done = without_portaudio.run("--version")
    assert (done.returncode, b"portaudio not installed" in done.stdout) == (0, True)


def test_weights_with_a_flipped_byte_are_refused_with_4(momentum: Momentum):
    from shutil import copytree

    from engine.core.paths import shipped_weights

    folder = Path(copytree(shipped_weights() / "default", momentum.home / "data" / "weights" / "flipped"))
    tensors = bytearray((folder / "weights.safetensors").read_bytes())
    tensors[len(tensors) // 2] ^= 0x10
    (folder / "weights.safetensors").write_bytes(tensors)
    assert "weights.safetensors" in momentum.refused("weights", "verify", "flipped", code=4)


def test_a_bad_setting_in_the_file_is_refused_with_2_by_whatever_reads_it(momentum: Momentum):
    file = momentum.home / "config" / "config.toml"
    assert momentum.run("config", "init").returncode == 0
    file.write_text("spike_on = 'high'\n")
    assert f"{file}: spike_on = 'high'" in momentum.refused("config", "show", code=2)
