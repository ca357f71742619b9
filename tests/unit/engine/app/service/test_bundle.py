"""The application that macOS asks the microphone for: its layout, and that the interpreter in it starts."""

import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.app.service.bundle import BUNDLE, Bundle, Interpreter, info_plist, start_script, this_interpreter
from engine.app.service.system_commands import run_command
from engine.core.errors import MomentumError, UsageError
from tests.unit.engine.app.service.fake_mac import FakeMac


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with the very interpreter that runs the tests."""
    bundle = Bundle(tmp_path_factory.mktemp("Applications") / BUNDLE, FakeMac(tries=True), this_interpreter())
    assert bundle.make()
    return bundle


def test_macos_can_ask_for_the_microphone_by_name_and_with_a_reason():
    """Keys and kinds as in Apple's Information Property List reference."""
    info = plistlib.loads(info_plist())
    assert info["NSMicrophoneUsageDescription"].startswith("It listens to the crowd")
    assert info["CFBundleIdentifier"] == "org.acoustic-momentum.recorder"
    assert info["CFBundlePackageType"] == "APPL"
    assert info["LSUIElement"] is True
    assert "LSBackgroundOnly" not in info  # such a program may show no question
    if shutil.which("plutil"):
        subprocess.run(["plutil", "-lint", "-"], input=info_plist(), check=True)


def test_the_bundle_has_the_layout_of_an_application_and_the_executable_it_names(made):
    files = {str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()}
    expected = {
        "Contents/Info.plist",
        "Contents/MacOS/acoustic-momentum",
        "Contents/Resources/start.py",
        "Contents/Resources/made-from.json",
        "Contents/_CodeSignature/CodeResources",
    }
    assert files - {f"Contents/lib/{made.interpreter.libpython.name if made.interpreter.libpython else ''}"} == expected
    named = plistlib.loads((made.folder / "Contents" / "Info.plist").read_bytes())["CFBundleExecutable"]
    assert made.program == made.folder / "Contents" / "MacOS" / named
    assert os.access(made.program, os.X_OK)


def test_the_process_that_asks_is_the_bundle_s_own_executable_and_no_script(made):
    """A script as the main executable makes the shell the asker, and there is no question."""
    assert made.program.read_bytes()[:2] != b"#!"
    assert made.program.read_bytes() == made.interpreter.program.read_bytes()
    done = subprocess.run(
        [
            str(made.program),
            "-S",
            "-P",
            "-c",
            "import os, sys; print(os.path.realpath('/proc/self/exe')); print(sys.base_prefix)",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **made.environment},
    )
    ran, base = done.stdout.splitlines()
    if Path("/proc/self/exe").exists():
        assert ran == str(made.program)
    assert Path(base) == made.interpreter.home


def test_the_interpreter_in_the_bundle_finds_the_program_and_its_packages_and_tells_its_children_nothing(made):
    """Started as launchd does: no environment but the file's, and not from the folder of the program."""
    done = subprocess.run(
        made.command(["--version"]), capture_output=True, text=True, check=False, env=made.environment, cwd="/"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("momentum ")
    assert "not usable" not in done.stdout
    assert 'os.environ.pop("PYTHONHOME"' in made.script.read_text(encoding="utf-8")


def test_a_bundle_that_is_as_it_should_be_is_left_alone_so_that_macos_does_not_ask_again(made):
    before = made.program.stat().st_ino
    mac = FakeMac(tries=True)
    assert not replace(made, run=mac).make()
    assert mac.told == ["codesign --verify"]
    assert made.program.stat().st_ino == before


def test_the_switch_was_on_in_the_settings_and_zeros_came_all_the_same(made, tmp_path):
    """Answers are remembered by the hash of what was signed: for a new interpreter the old one must be forgotten."""
    folder = Path(shutil.copytree(made.folder, tmp_path / BUNDLE))
    other = tmp_path / "python"
    other.write_bytes(made.interpreter.program.read_bytes() + b"\0")
    other.chmod(0o755)
    mac = FakeMac(tries=True)
    assert Bundle(folder, mac, Interpreter(other, made.interpreter.home)).make()
    assert mac.told[-3:] == ["codesign --force", "lsregister -f", "tccutil reset"]


def test_macos_signs_the_bundle_and_finds_the_signature_whole(tmp_path):
    if shutil.which("codesign") is None:
        pytest.skip("codesign is not here: this is no macOS")
    fake = FakeMac(tries=True)

    def run(command):  # what was really answered on this Mac is none of a test's business
        return fake(command) if command[0] == "tccutil" or "lsregister" in command[0] else run_command(command)

    bundle = Bundle(tmp_path / BUNDLE, run, this_interpreter())
    assert bundle.make()
    subprocess.run(["codesign", "--verify", "--verbose=2", str(bundle.folder)], check=True)
    said = subprocess.run(["codesign", "-dv", str(bundle.folder)], check=True, capture_output=True, text=True).stderr
    assert "Identifier=org.acoustic-momentum.recorder" in said
    assert "Info.plist entries=" in said
    assert not bundle.make()


@pytest.mark.parametrize("fault", ["unsigned", "does not start", "not there"])
def test_a_bundle_that_can_not_work_is_refused_and_the_old_one_stays(made, tmp_path, fault):
    folder = Path(shutil.copytree(made.folder, tmp_path / BUNDLE))
    other = tmp_path / "python"
    if fault != "not there":
        other.write_text(f"#!{sys.executable}\nimport sys; sys.exit('dyld: Library not loaded')\n", encoding="utf-8")
    with pytest.raises(MomentumError) as told:
        Bundle(folder, FakeMac(signs=fault != "unsigned", tries=True), Interpreter(other, made.interpreter.home)).make()
    assert "--terminal" in told.value.hint
    said = {"unsigned": "can't be signed", "does not start": "Library not loaded", "not there": "No such file"}
    assert said[fault] in told.value.message
    assert (folder / "Contents" / "MacOS" / "acoustic-momentum").read_bytes() == made.program.read_bytes()
    assert [path.name for path in folder.parent.iterdir() if path.name.endswith(".new")] == []


def test_of_a_framework_build_the_inner_program_is_taken_for_the_outer_one_becomes_another_application():
    """python.org and Homebrew: bin/python3 is a stub that starts Python.app (Mac/Tools/pythonw.c in CPython)."""
    base = Path("/opt/homebrew/opt/python@3.13/Frameworks/Python.framework/Versions/3.13")
    found = this_interpreter(base, {"PYTHONFRAMEWORK": "Python", "LDLIBRARY": "Python.framework/Versions/3.13/Python"})
    assert found == Interpreter(base / "Resources/Python.app/Contents/MacOS/Python", base)


def test_a_build_that_looks_for_its_library_beside_itself_gets_a_copy_of_it(tmp_path):
    """uv's builds load @executable_path/../lib/libpython3.13.dylib."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpython3.13.dylib").write_bytes(b"library")
    (tmp_path / "bin").mkdir()
    shutil.copy(this_interpreter().program, tmp_path / "bin" / "python3.13")
    variables = {"PYTHONFRAMEWORK": "", "LDLIBRARY": "libpython3.13.dylib"}
    found = this_interpreter(tmp_path, variables, str(tmp_path / "bin" / "python3.13"))
    assert found.libpython == tmp_path / "lib" / "libpython3.13.dylib"
    bundle = Bundle(
        tmp_path / BUNDLE, FakeMac(tries=True), Interpreter(found.program, this_interpreter().home, found.libpython)
    )
    bundle.make()
    assert (bundle.program.parent.parent / "lib" / "libpython3.13.dylib").read_bytes() == b"library"


def test_a_path_that_would_break_the_start_is_refused():
    with pytest.raises(UsageError, match="can't stand in"):
        start_script(Path("/a\nb"), Path("/c"))
