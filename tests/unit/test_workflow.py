"""What the host of the project would run: valid, on the machines meant, with commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML comes with what the tests need")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def jobs() -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]


def test_macs_and_both_kinds_of_linux_run_the_checks_the_tests_and_the_doctor(jobs):
    """Not on macos-14, which nobody lends any more: such a job waits for a machine until it is given up."""
    machines = {entry["machine"] for entry in jobs["test"]["strategy"]["matrix"]["include"]}
    assert machines == {"macos-15", "macos-26", "ubuntu-24.04", "ubuntu-24.04-arm"}
    steps = [step.get("run", "") for step in jobs["test"]["steps"]]
    assert [step for step in steps if step.startswith("make check")]
    assert [step for step in steps if step.startswith("make test")]
    assert [step for step in steps if "doctor --bench --json > doctor.json" in step]
    (kept,) = [step for step in jobs["test"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert kept["with"]["path"] == "doctor.json"
    assert kept["if"] == "always()"


def test_targets_and_modules_that_it_names_exist(jobs):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    named = {target for command in commands for target in re.findall(r"\bmake ([a-z]+)", command)}
    assert named
    assert named <= targets
    for module in {module for command in commands for module in re.findall(r"python -m (tests\.\w+)", command)}:
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_its_scripts_are_clean(jobs, tmp_path):
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    for number, step in enumerate(step for job in jobs.values() for step in job["steps"] if "run" in step):
        script = tmp_path / f"{number}.sh"
        script.write_text(f"#!/bin/bash\n{step['run']}\n", encoding="utf-8")
        done = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
