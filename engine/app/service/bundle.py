"""The application that macOS asks the microphone for: a small bundle in ``~/Applications`` with the interpreter in it.

macOS gives a program that may not listen exact zeros, and asks a person only for one whose ``Info.plist`` says why
(``NSMicrophoneUsageDescription``). It asks for the *responsible* process, and a job of launchd is responsible for
itself. A bare interpreter, or a script that runs one from elsewhere, has no such ``Info.plist``: no question, zeros for
ever. So the bundle's main executable is a copy of the interpreter itself, and nothing in between is executed:

- A shell script as the main executable makes ``/bin/sh`` the asker, and no question comes.
- An interpreter outside the bundle makes that one the asker: it is named "python3.12", and what is granted to it is
  granted to every script on the machine.
- ``bin/python3`` of a framework build (python.org, Homebrew) is a stub that becomes ``Python.app``, another bundle
  without the key; the program inside that one is what is copied.
- The copy no longer lies where its library does: ``PYTHONHOME`` tells it where, and ``start.py`` adds the packages of
  the environment that installed it. Builds that look for libpython beside themselves (uv's) get a copy of that too.

A signature of its own ("ad hoc", ``codesign --sign -``) is needed on Apple silicon, and what is granted is remembered
by the hash of what was signed: so a bundle that is already as it should be is left alone, byte for byte. A changed one
is a stranger to macOS that bears a known name: the switch in the settings stays on, zeros come, and no question. So
the old answer is forgotten first (``tccutil reset``), and the question comes again.

``docs/mac.md`` says what of this was seen on a Mac and what was derived.
"""

import hashlib
import json
import plistlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.app.service.system_commands import Run, check_printable
from engine.core.errors import MomentumError

BUNDLE: Final = "Acoustic Momentum.app"
BUNDLE_ID: Final = "org.acoustic-momentum.recorder"
EXECUTABLE: Final = "acoustic-momentum"
WHY_IT_LISTENS: Final = (
    "It listens to the crowd to tell how much pressure the attack makes. The sound stays on this Mac, and is kept only "
    "where you asked for that."
)
FORGET_ANSWER: Final = ("tccutil", "reset", "Microphone", BUNDLE_ID)
_REGISTER: Final = (
    "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"
)
_OLDEST_MACOS: Final = "14.0"
_NOT_MENDED: Final = "'momentum service install --terminal' starts the recorder through Terminal instead."


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python to copy: its program, where its library lives, and the libpython it looks for beside itself."""

    program: Path
    home: Path
    libpython: Path | None = None


def this_interpreter(
    base: Path | None = None, variables: Mapping[str, object] | None = None, started: str | None = None
) -> Interpreter:
    """The one that runs now, without the environment around it.

    base: ``sys.base_prefix``. variables: those of ``sysconfig``. started: what the environment's links lead to.
    """
    base = base or Path(sys.base_prefix)
    variables = sysconfig.get_config_vars() if variables is None else variables
    framework = variables.get("PYTHONFRAMEWORK")
    if framework:
        inner = base / "Resources" / f"{framework}.app" / "Contents" / "MacOS" / str(framework)
        return Interpreter(inner, base)
    program = Path(started or str(getattr(sys, "_base_executable", sys.executable))).resolve()
    library = base / "lib" / str(variables.get("LDLIBRARY", ""))
    return Interpreter(program, base, library if library.suffix == ".dylib" and library.is_file() else None)


def info_plist() -> bytes:
    """What macOS reads of the bundle. Nothing in it changes with a release: the signature covers it."""
    return plistlib.dumps(
        {
            "CFBundleIdentifier": BUNDLE_ID,
            "CFBundleName": "Acoustic Momentum",
            "CFBundleDisplayName": "Acoustic Momentum",
            "CFBundleExecutable": EXECUTABLE,
            "CFBundlePackageType": "APPL",
            "CFBundleInfoDictionaryVersion": "6.0",
            "CFBundleShortVersionString": "1.0",
            "CFBundleVersion": "1",
            "LSMinimumSystemVersion": _OLDEST_MACOS,
            # No icon in the Dock, and questions may still be shown; LSBackgroundOnly would rule those out.
            "LSUIElement": True,
            "NSMicrophoneUsageDescription": WHY_IT_LISTENS,
        }
    )


def start_script(packages: Path, root: Path) -> str:
    """What the interpreter runs: the recorder, with the packages in ``packages`` and the program's own in ``root``."""
    for path in (packages, root):
        check_printable(str(path))
    return f"""\
# Made by 'momentum service install': starts the recorder inside this application, which may ask for the microphone.
import os
import sys

os.environ.pop("PYTHONHOME", None)  # meant for this process, and wrong for a Python that a spike starts
import site

sys.path.insert(0, {str(root)!r})
site.addsitedir({str(packages)!r})
from tui.cli.service_entry import main

sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The bundle at ``folder``; ``run`` asks the system's programs."""

    folder: Path
    run: Run
    interpreter: Interpreter

    @property
    def program(self) -> Path:
        """Its main executable."""
        return self.folder / "Contents" / "MacOS" / EXECUTABLE

    @property
    def script(self) -> Path:
        """What the main executable runs."""
        return self.folder / "Contents" / "Resources" / "start.py"

    def command(self, arguments: list[str]) -> list[str]:
        """What launchd starts: without the base interpreter's own packages, which are none of this program's."""
        return [str(self.program), "-S", "-P", str(self.script), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """What the copied interpreter must be told."""
        return {"PYTHONHOME": str(self.interpreter.home)}

    def make(self) -> bool:
        """Make and sign it; True where it is new, so that macOS will ask again.

        Raises ``MomentumError`` where it can't be made or signed, or would not start; the one that is there stays.
        """
        made_from = self._made_from()
        if self._is_whole(made_from):
            return False
        fresh = self.folder.with_name(f".{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            self._write(fresh, made_from)
            self._sign(fresh)
            replace(self, folder=fresh).try_out()
            # Renamed, never written over: macOS kills a process whose signed file changes under it.
            shutil.rmtree(self.folder, ignore_errors=True)
            fresh.rename(self.folder)
            self._introduce()
        except OSError as error:
            raise MomentumError(f"{error.filename or self.folder}: {error.strerror or error}", _NOT_MENDED) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return True

    def try_out(self) -> None:
        """Start its interpreter with all that it needs. Raises ``MomentumError`` where that fails."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        said = self._ask(["/usr/bin/env", *variables, *self.command(["--version"])])
        if said.returncode:
            last = (said.stderr.strip().splitlines() or [f"code {said.returncode}"])[-1]
            raise MomentumError(f"the interpreter in {self.folder} does not start: {last}", _NOT_MENDED)

    def remove(self) -> None:
        """Take it away; what was granted to it is remembered by macOS all the same."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _made_from(self) -> dict[str, str]:
        """Everything that decides the bundle's content."""
        source = self.interpreter
        files = {"program": source.program, **({"libpython": source.libpython} if source.libpython else {})}
        try:
            made_from = {name: _sha256(path.read_bytes()) for name, path in files.items()}
        except OSError as error:
            raise MomentumError(f"{error.filename}: {error.strerror or error}", _NOT_MENDED) from error
        made_from["info"] = _sha256(info_plist())
        made_from["start"] = _sha256(self._start().encode())
        return made_from

    @staticmethod
    def _start() -> str:
        return start_script(Path(sysconfig.get_path("purelib")), Path(__file__).parents[3])

    def _is_whole(self, made_from: dict[str, str]) -> bool:
        """Whether it is there, made from the same things, and as it was signed."""
        try:
            kept = json.loads((self.folder / "Contents" / "Resources" / "made-from.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(kept == made_from and self._ask(["codesign", "--verify", str(self.folder)]).returncode == 0)

    def _write(self, folder: Path, made_from: dict[str, str]) -> None:
        contents = folder / "Contents"
        for name in ("MacOS", "Resources"):
            (contents / name).mkdir(parents=True)
        (contents / "Info.plist").write_bytes(info_plist())
        (contents / "Resources" / "start.py").write_text(self._start(), encoding="utf-8")
        (contents / "Resources" / "made-from.json").write_text(json.dumps(made_from, indent=1), encoding="utf-8")
        program = contents / "MacOS" / EXECUTABLE
        shutil.copyfile(self.interpreter.program, program)  # its bytes alone, not the quarantine of a download
        program.chmod(0o755)
        if self.interpreter.libpython:
            (contents / "lib").mkdir()  # @executable_path/../lib, where such a build looks
            shutil.copyfile(self.interpreter.libpython, contents / "lib" / self.interpreter.libpython.name)

    def _sign(self, folder: Path) -> None:
        said = self._ask(["codesign", "--force", "--sign", "-", str(folder)])
        if said.returncode:
            raise MomentumError(
                f"the application can't be signed: {said.stderr.strip() or 'no reason given'}", _NOT_MENDED
            )

    def _introduce(self) -> None:
        """Make macOS know the bundle by its name, and forget what was answered for one of that name before."""
        for command in ([_REGISTER, "-f", str(self.folder)], list(FORGET_ANSWER)):
            # Neither is needed by a first installation, which both may refuse; the doctor names what is left to do.
            with suppress(MomentumError):
                self._ask(command)

    def _ask(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        try:
            return self.run(command)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MomentumError(f"{command[0]} can't be run: {error}", _NOT_MENDED) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
