"""The script that Terminal opens: run by a real shell, with a recorder that is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.app.service.terminal import command_file
from engine.core.errors import UsageError


def script(folder: Path, command: list[str]) -> Path:
    file = folder / "record.command"
    file.write_text(command_file(command, {"MOMENTUM_HOME": "/a b/$c"}, folder / "it's.log"), encoding="utf-8")
    return file


def run(folder: Path, command: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run it with a sleep that does not."""
    (folder / "sleep").write_text("#!/bin/sh\necho slept $1\n", encoding="utf-8")
    (folder / "sleep").chmod(0o700)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", str(script(folder, command))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": path},
    )


def test_shellcheck_finds_nothing_in_it(tmp_path):
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    file = script(
        tmp_path, ["/p q/python", "-m", "tui.cli.service_main", "record", "mic:Crowd's mic", "--on-spike", 'say "a" $b']
    )
    done = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_recorder_that_ends_for_good_is_not_started_again(tmp_path):
    done = run(tmp_path, ["sh", "-c", "echo begun; echo said >&2; exit 0"])
    assert done.stdout.count("begun") == 1
    assert (tmp_path / "it's.log").read_text() == "said\n"
    assert (tmp_path / "it's.log").stat().st_mode & 0o077 == 0


def test_a_recorder_that_fails_is_started_again_after_a_pause(tmp_path):
    ends_the_third_time = f'echo begun; echo x >> "{tmp_path}/n"; [ "$(wc -l < "{tmp_path}/n")" -ge 3 ]'
    done = run(tmp_path, ["sh", "-c", ends_the_third_time])
    assert done.stdout.splitlines()[1:] == ["begun", "slept 10", "begun", "slept 10", "begun"]


def test_a_service_that_was_removed_is_not_started_again(tmp_path):
    done = run(tmp_path, ["sh", "-c", f'rm "{tmp_path}/record.command"; exit 1'])
    assert done.stdout.splitlines()[1:] == ["slept 10"]


def test_arguments_and_environment_arrive_as_they_were(tmp_path):
    done = run(tmp_path, ["printenv", "MOMENTUM_HOME"])
    assert done.stdout.splitlines()[1] == "/a b/$c"
    done = run(tmp_path, ["printf", "%s\\n", 'it\'s "$HOME" `x`'])
    assert done.stdout.splitlines()[1] == 'it\'s "$HOME" `x`'


def test_what_would_break_the_script_is_refused(tmp_path):
    with pytest.raises(UsageError, match="can't stand in"):
        command_file(["/x", "a\nb"], {}, tmp_path)
