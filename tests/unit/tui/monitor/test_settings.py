"""The monitor as the configuration wants it."""

from pathlib import Path

from engine.core.settings import load_settings
from tui.monitor.settings import MonitorSettings, monitor_settings


def test_the_defaults_of_the_configuration_are_those_of_the_monitor(tmp_path: Path):
    settings = load_settings(tmp_path / "config.toml", {}).settings
    assert monitor_settings(settings, Path()) == MonitorSettings()


def test_every_setting_of_the_monitor_reaches_it(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text(
        "theme='light'\nascii=true\nmouse=false\nbell=false\nfps=4\nwatch_moves_on=false\n[keys]\nfreeze='f2'\n"
    )
    wanted = MonitorSettings("light", True, False, 4, False, {"freeze": "f2"}, tmp_path, 2.0, tmp_path / "s", False)
    assert monitor_settings(load_settings(file, {}).settings, tmp_path, speed=2.0, sessions=tmp_path / "s") == wanted
