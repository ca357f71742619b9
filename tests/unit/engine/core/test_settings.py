"""Where a setting's value comes from, and what is said about a bad one."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from engine.core.errors import ExitCode, UsageError
from engine.core.settings import Settings, load_settings, setting_help, spike_settings, template
from engine.live.spike_detector import SpikeSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_any_source_every_value_is_the_default(file: Path):
    loaded = load_settings(file, {})
    assert loaded.settings.weights == "default"
    assert set(loaded.set_by.values()) == {"default"}


def test_flag_beats_environment_beats_file_beats_default(file: Path):
    file.write_text("spike_on = 0.2\nspike_merge_s = 3\nlog_level = 'debug'\n")
    environ = {"MOMENTUM_SPIKE_ON": "0.3", "MOMENTUM_SPIKE_MERGE_S": "4"}
    loaded = load_settings(file, environ, {"spike_on": 0.4, "source": None})
    settings, set_by = loaded.settings, loaded.set_by
    assert (settings.spike_on, set_by["spike_on"]) == (0.4, "flag")
    assert (settings.spike_merge_s, set_by["spike_merge_s"]) == (4, "environment")
    assert (settings.log_level, set_by["log_level"]) == ("debug", "file")
    assert (settings.source, set_by["source"]) == (None, "default")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spike_onn = 0.5", "'spike_onn' is no setting"),
        ("spike_on = 1.5", "spike_on = 1.5: input should be less than or equal to 1"),
        ("spike_on = nan", "spike_on = nan: input should be a finite number"),
        ("spike_on = true", "spike_on = True: a number is needed here"),
        ("source = 3", "source = 3: input should be a valid string"),
        ("log_level = 'loud'", "log_level = 'loud': input should be 'debug', 'info', 'warning' or 'error'"),
        ("spike_on = = 1", "invalid value (at line 1, column 12)"),
        ("[spike]\non = 1", "'spike' is no setting"),
        ("[keys]\nfreeze = 1", "keys.freeze = 1: input should be a valid string"),
        ("keys = 1", "keys = 1: input should be a valid dictionary"),
        ("fps = true", "fps = True: a number is needed here"),
    ],
)
def test_a_fault_in_the_file_is_named_with_file_and_key(file: Path, text: str, said: str):
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        load_settings(file, {})
    assert raised.value.message == f"{file}: {said}"
    assert raised.value.exit_code == ExitCode.USAGE


def test_a_hint_names_the_setting_that_was_meant(file: Path):
    file.write_text("spike_onn = 0.5")
    with pytest.raises(UsageError) as raised:
        load_settings(file, {})
    assert raised.value.hint == "Did you mean spike_on?"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"MOMENTUM_SPIKE_ON": "high"},
            "MOMENTUM_SPIKE_ON in the environment = 'high': input should be a valid number",
        ),
        ({"MOMENTUM_SPIKEON": "0.5"}, "MOMENTUM_SPIKEON in the environment is no setting"),
    ],
)
def test_a_fault_in_the_environment_is_named_with_its_variable(file: Path, environ: dict[str, str], said: str):
    with pytest.raises(UsageError) as raised:
        load_settings(file, environ)
    assert raised.value.message.startswith(said)


def test_a_table_can_come_from_the_environment_as_json(file: Path):
    assert load_settings(file, {"MOMENTUM_KEYS": '{"freeze": "f2"}'}).settings.keys == {"freeze": "f2"}
    with pytest.raises(UsageError, match="keys"):
        load_settings(file, {"MOMENTUM_KEYS": "{freeze"})


def test_a_bad_flag_is_named_as_it_was_typed(file: Path):
    with pytest.raises(UsageError, match=r"--spike-on = 7\.0"):
        load_settings(file, {}, {"spike_on": 7.0})


def test_the_home_folder_and_an_empty_variable_are_no_settings(file: Path):
    loaded = load_settings(file, {"MOMENTUM_HOME": "/somewhere", "MOMENTUM_WEIGHTS": ""})
    assert loaded.set_by["weights"] == "default"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[" * 5000])
def test_a_file_that_is_no_toml_is_a_usage_error(file: Path, content: bytes):
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"config\.toml"):
        load_settings(file, {})


def test_a_folder_in_place_of_the_file_is_a_usage_error(file: Path):
    file.mkdir()
    with pytest.raises(UsageError, match=r"config\.toml: Is a directory"):
        load_settings(file, {})


def test_spike_settings_are_the_weights_own_but_for_what_is_set(file: Path):
    own = SpikeSettings(on=0.6, off=0.3, merge_s=5.0)
    settings = load_settings(file, {"MOMENTUM_SPIKE_ON": "0.8"}).settings
    assert spike_settings(settings, own) == SpikeSettings(on=0.8, off=0.4, merge_s=5.0)
    both = load_settings(file, {"MOMENTUM_SPIKE_ON": "0.8", "MOMENTUM_SPIKE_OFF": "0.7"}).settings
    assert spike_settings(both, own) == SpikeSettings(on=0.8, off=0.7, merge_s=5.0)


def test_a_line_below_where_alarms_ended_takes_that_down_with_it():
    found = spike_settings(Settings(spike_on=0.2), SpikeSettings(on=0.5, off=0.45))
    assert (found.on, found.off) == (0.2, pytest.approx(0.18))


POINTS = [
    {"budget": 1, "false_per_match": 0.8, "threshold": 0.6},
    {"budget": 2, "false_per_match": 1.9, "threshold": 0.5},
    {"budget": 5, "false_per_match": 4.5, "threshold": 0.4},
]


@pytest.mark.parametrize(("budget", "line"), [(0.8, 0.6), (1.5, 0.6), (2, 0.5), (100, 0.4)])
def test_an_alarm_budget_takes_the_lowest_measured_line_that_keeps_it(budget, line):
    found = spike_settings(Settings(alarm_budget=budget), SpikeSettings(on=0.5, off=0.25), POINTS)
    assert (found.on, found.off) == (line, pytest.approx(line / 2))
    assert spike_settings(Settings(alarm_budget=budget, spike_on=0.9), SpikeSettings(), POINTS).on == 0.9


@pytest.mark.parametrize(
    ("points", "hint"), [(POINTS, "is 0.8;"), ([], "None was measured"), ([{"threshold": 0.5}, 7], "None was measured")]
)
def test_a_budget_that_no_line_keeps_is_refused(points, hint):
    with pytest.raises(UsageError, match=r"at most 0\.5 false alarms") as refused:
        spike_settings(Settings(alarm_budget=0.5), SpikeSettings(), points)
    assert hint in refused.value.hint


def test_the_fewest_false_alarms_that_are_named_are_enough_to_ask_for() -> None:
    points = [{"budget": 1, "false_per_match": 0.914, "threshold": 0.6}]
    with pytest.raises(UsageError) as refused:
        spike_settings(Settings(alarm_budget=0.9), SpikeSettings(), points)
    assert "is 1;" in refused.value.hint
    assert spike_settings(Settings(alarm_budget=1.0), SpikeSettings(), points).on == 0.6


def test_every_spike_setting_can_be_set():
    names = {field.name for field in dataclasses.fields(SpikeSettings)}
    assert names == {name.removeprefix("spike_") for name in Settings.model_fields if name.startswith("spike_")}


def test_thresholds_that_contradict_each_other_are_a_usage_error(file: Path):
    settings = load_settings(file, {"MOMENTUM_SPIKE_OFF": "0.9"}).settings
    with pytest.raises(UsageError):
        spike_settings(settings, SpikeSettings(on=0.6))


def test_every_setting_has_its_help():
    assert set(setting_help()) == set(Settings.model_fields)


def test_the_written_file_changes_nothing_and_holds_every_setting_once_uncommented(file: Path):
    file.write_text(template())
    assert set(load_settings(file, {}).set_by.values()) == {"default"}
    uncommented = re.sub(r"^# (?=\[|\w+ = )", "", template(), flags=re.MULTILINE)
    assert list(tomllib.loads(uncommented)) == list(Settings.model_fields)
    file.write_text(uncommented)
    assert set(load_settings(file, {}).set_by.values()) == {"file"}
