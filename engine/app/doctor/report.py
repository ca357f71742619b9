"""The file of ``momentum doctor --report``: what a person sends to someone who helps."""

import os
import platform
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings
from engine.app.doctor.redaction import HIDDEN, discreet
from engine.app.stray_output import STRAY_OUTPUT
from engine.core.errors import MomentumError, UsageError
from engine.core.files import private_file
from engine.core.text import plain

CONTENTS: Final = "versions, machine, settings, checks, devices, weights, newest sessions, last lines of the logs"

_PACKAGES: Final = (
    "numpy", "soundfile", "av", "soxr", "sounddevice", "typer", "rich", "textual", "pydantic", "onnx", "onnxruntime",
    "pyarrow", "scikit-learn", "coremltools", "paho-mqtt", "httpx", "prometheus-client", "keyring",
)  # fmt: skip
_VARIABLES: Final = ("TERM", "COLORTERM", "LANG", "LC_ALL", "NO_COLOR", "XDG_SESSION_TYPE")
_SESSIONS: Final = 5
_LOG_LINES: Final = 60
_STRAY_LINES: Final = 20


def check_place(file: Path, replace: bool) -> None:
    """Raises ``UsageError`` where the report could not be written, before any time is spent on it."""
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no folder", "Name a file in a folder that is there: --report momentum.txt.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", "Name a file: --report momentum.txt.")
    if os.path.lexists(file) and not replace:
        raise _is_there(file)


def write_report(file: Path, around: Surroundings, findings: Sequence[Finding], replace: bool) -> None:
    """Write the report for its owner alone. Raises ``UsageError`` where the file is there and not to be replaced."""
    text = report(around, findings)
    try:
        opened = private_file(file, replace=replace)
    except FileExistsError as error:
        raise _is_there(file) from error
    with opened:
        opened.write(text)


def report(around: Surroundings, findings: Sequence[Finding]) -> str:
    """The whole text: plain, a section a topic, without what must not be sent. What can't be read says so itself."""
    home = Path(around.environ.get("HOME") or Path.home())
    sections: dict[str, Callable[[], Iterator[str]]] = {
        "Versions": lambda: _versions(around),
        "Machine": lambda: _machine(around),
        "Settings": lambda: _settings(around),
        "Checks": lambda: _checks(findings),
        "Devices": _devices,
        "Weights": lambda: _weights(around),
        f"The newest {_SESSIONS} sessions": lambda: _sessions(around),
        "The end of the recorder's log": lambda: _end_of(around.paths.log / "record.log", _LOG_LINES),
        "The end of what libraries wrote": lambda: _end_of(around.paths.log / STRAY_OUTPUT, _STRAY_LINES),
    }
    lines = [
        f"Acoustic Momentum, {around.now():%Y-%m-%d %H:%M} UTC",
        f"Nothing of this was sent anywhere. {HIDDEN} stands for what may be a secret, ~ for the home folder.",
    ]
    for title, section in sections.items():
        lines += ["", title, "-" * len(title), *_told(section, home)]
    return "".join(f"{line}\n" for line in lines)


_LINE_CELLS: Final = 400


def _told(section: Callable[[], Iterator[str]], home: Path) -> list[str]:
    lines: list[str] = []
    try:
        lines += section()
    except MomentumError as error:
        lines.append(f"{error.message} {error.hint}")
    except OSError as error:
        lines.append(f"can't be read: {error}")
    # A secret is recognised by its whole, so what is too long is cut afterwards.
    return [plain(discreet(plain(line), home), _LINE_CELLS) for line in lines] or ["none"]


def _versions(around: Surroundings) -> Iterator[str]:
    from engine.app.version import installed, version_lines

    yield from version_lines(lambda: around.read(around.paths.config_file, around.environ).settings)
    for name in _PACKAGES:
        yield f"{name} {installed(name)}".replace("of an unknown version", "not installed")


def _machine(around: Surroundings) -> Iterator[str]:
    yield f"system: {platform.platform()}"
    yield f"processor: {platform.machine()}, {os.cpu_count()} cores"
    shown = around.terminal
    yield "output: " + (f"terminal of {shown.columns}x{shown.rows}, {shown.encoding}" if shown else "no terminal")
    yield f"over ssh: {'yes' if 'SSH_CONNECTION' in around.environ else 'no'}"
    for name in _VARIABLES:
        if name in around.environ:
            yield f"{name}={around.environ[name]}"
    for what, folder in (("data", around.paths.data), ("config", around.paths.config), ("log", around.paths.log)):
        yield f"{what} folder: {folder}"


def _settings(around: Surroundings) -> Iterator[str]:
    from engine.core.publish_settings import shown_publish
    from engine.core.settings import load_settings

    loaded = load_settings(around.paths.config_file, around.environ)
    publish = shown_publish(loaded.settings.publish)
    for name, value in (loaded.settings.model_dump(mode="json") | {"publish": publish}).items():
        yield f"{name} = {_program(value) if name == 'on_spike' and value else value} ({loaded.set_by[name]})"


def _program(command: str) -> str:
    """Of a command its program: keys and addresses are handed over as arguments."""
    try:
        program, *rest = shlex.split(command)
    except ValueError:  # no command at all
        return HIDDEN
    return f"{program} and {len(rest)} arguments, not shown here"


def _checks(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        remedy = f" -> {finding.remedy}" if finding.remedy else ""
        yield f"{finding.verdict}: {finding.what}: {finding.detail}{remedy}"


def _devices() -> Iterator[str]:
    from engine.audio.devices import list_devices

    for device in list_devices():
        default = ", default" if device.is_default else ""
        yield (
            f"{device.index}: {device.name}, {device.channels} channels, {device.default_rate_hz} Hz, "
            f"through {device.hostapi}{default}"
        )


def _weights(around: Surroundings) -> Iterator[str]:
    from engine.model.installed_weights import list_weights, weights_folders

    for found in list_weights(weights_folders(around.paths)):
        rule = found.config.label_rule if found.config else found.fault
        yield f"{found.name}: {rule}, sha256 {found.checksum or 'not known'}, in {found.folder}"


def _sessions(around: Surroundings) -> Iterator[str]:
    from engine.session import list_sessions
    from engine.session.summary import row_of

    for folder in list_sessions(around.paths.sessions)[:_SESSIONS]:
        yield ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in row_of(folder).items())


_TAIL_BYTES: Final = 64_000


def _end_of(file: Path, lines: int) -> Iterator[str]:
    if not file.exists():
        return
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        yield from opened.read().decode("utf-8", errors="replace").splitlines()[-lines:]


def _is_there(file: Path) -> UsageError:
    return UsageError(f"{file} is there already", "Choose another name, or replace it with --force.")
