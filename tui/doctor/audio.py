"""Checks of the sound input: PortAudio, devices, and whether the system lets us hear them."""

from collections.abc import Iterator
from typing import Final

from tui.doctor.checks import Finding, Surroundings, Verdict

_INSTALL: Final = {
    "Linux": "Install it: sudo apt install libportaudio2 (Debian, Ubuntu) or sudo dnf install portaudio (Fedora).",
    "Darwin": "It comes with the package: pip install --force-reinstall sounddevice.",
}


def portaudio(around: Surroundings) -> Iterator[Finding]:
    """Is the library there that talks to sound cards?"""
    from tui.version import portaudio_version

    version = portaudio_version()
    if version is None:
        remedy = _INSTALL.get(around.system, "Install PortAudio 19 for your system.")
        yield Finding("PortAudio", Verdict.PROBLEM, "not installed: no microphone can be opened", remedy)
    else:
        yield Finding("PortAudio", Verdict.OK, version)


def permission(around: Surroundings) -> Iterator[Finding]:
    """Will the system let this program hear? Only macOS asks, and it tells a program without permission nothing."""
    if around.system != "Darwin":
        return
    if "SSH_CONNECTION" in around.environ:
        yield Finding(
            "permission",
            Verdict.WARNING,
            "over ssh macOS gives silence instead of the microphone",
            "Record in the session of the logged-in user ('momentum service install'), and 'momentum watch' from here.",
        )
    else:
        yield Finding(
            "permission",
            Verdict.NOTE,
            "macOS gives silence to a terminal that may not use the microphone",
            "Allow it: System Settings > Privacy & Security > Microphone.",
        )
