"""Checks of the sound input: PortAudio, devices, and whether the system lets us hear them."""

from collections.abc import Iterator
from typing import Final

from engine.app.doctor.checks import Finding, Surroundings, Verdict

_INSTALL: Final = {
    "Linux": "Install it: sudo apt install libportaudio2 (Debian, Ubuntu) or sudo dnf install portaudio (Fedora).",
    "Darwin": "It comes with the package: pip install --force-reinstall sounddevice.",
}
_NO_DEVICE: Final = {
    "Linux": "Plug one in. Where 'arecord -l' shows one, a sound server must run or your user be in the group audio.",
    "Darwin": "Plug one in, and look at System Settings > Sound > Input.",
}
_REFUSED: Final = "Is it muted, or this program not allowed to listen? Try another: 'momentum devices'."
_FAINT_DB: Final = -70.0
_STARTS_WITHIN_S: Final = 3.0


def portaudio(around: Surroundings) -> Iterator[Finding]:
    """Is the library there that talks to sound cards?"""
    from engine.app.version import portaudio_version

    version = portaudio_version()
    if version is None:
        remedy = _INSTALL.get(around.system, "Install PortAudio 19 for your system.")
        yield Finding("PortAudio", Verdict.PROBLEM, "not installed: no microphone can be opened", remedy)
    else:
        yield Finding("PortAudio", Verdict.OK, version)


def microphone(around: Surroundings) -> Iterator[Finding]:
    """Is the microphone there that would be listened to?"""
    from engine.app.version import portaudio_version
    from engine.audio.devices import find_device, list_devices
    from engine.core.sound_address import shown

    if around.settings.sources:  # each is looked at by itself
        return
    kind, _, wanted = (around.settings.source or "mic").partition(":")
    if kind != "mic":
        detail = f"not needed: the configured source is {shown(around.settings.source or '')}"
        yield Finding("microphone", Verdict.NOTE, detail, "'momentum live mic' listens to the default microphone.")
        return
    if portaudio_version() is None:  # the check of PortAudio has said it
        return
    found = list_devices()
    if not found:
        remedy = _NO_DEVICE.get(around.system, "Plug a microphone in.")
        yield Finding("microphone", Verdict.PROBLEM, "there is no input device", remedy)
        return
    device = find_device(found, wanted or None)
    yield Finding("microphone", Verdict.OK, f"{device.name} (number {device.index}); input devices: {len(found)}")


def hearing(around: Surroundings) -> Iterator[Finding]:
    """Does sound come in, and at a level that is of use? Only when asked for, since it takes its time."""
    if not around.listen_s or around.settings.sources:
        return
    choice = around.settings.source or "mic"
    yield heard("hearing", choice if choice.startswith("mic") else "mic", around)


def heard(what: str, spec: str, around: Surroundings) -> Finding:
    """What comes in from a source within the seconds that were asked for. Raises ``MomentumError``."""
    from engine.app.open_source import open_source
    from engine.audio.level_meter import LevelMeter
    from engine.core import grid

    source = open_source(spec, microphone_rate_hz=around.settings.microphone_rate_hz)
    meter, samples, overruns, overloads = LevelMeter(), 0, 0, 0
    wanted, give_up_s = around.listen_s * grid.SAMPLE_RATE_HZ, around.stopwatch() + around.listen_s + _STARTS_WITHIN_S
    try:
        for block in source.blocks():
            meter.push(block.samples)
            samples, overruns, overloads = samples + len(block.samples), block.overruns, block.overloads
            if samples >= wanted or around.stopwatch() >= give_up_s:
                break
    finally:
        source.close()
    level = meter.take()
    seconds = level.samples / grid.SAMPLE_RATE_HZ
    detail = f"{seconds:.1f} s from {source.name}: {level.rms_db:.0f} dBFS, peak {level.peak_db:.0f} dBFS"
    if level.samples == 0:
        return Finding(what, Verdict.PROBLEM, f"no sound came from {source.name}", _REFUSED)
    if level.silent_run_samples == level.samples:
        return Finding(what, Verdict.PROBLEM, f"{detail}: exact silence, which no microphone gives", _REFUSED)
    if level.clipped_samples:
        return Finding(what, Verdict.WARNING, f"{detail}, clipped", "Turn the input down.")
    if level.rms_db < _FAINT_DB:
        return Finding(what, Verdict.WARNING, f"{detail}, very faint", "Turn the input up, or look at the cable.")
    if overruns:
        return Finding(what, Verdict.WARNING, f"{detail}, {overruns} overruns", "Close what else is running.")
    if overloads:
        return Finding(what, Verdict.OK, f"{detail}; overloads without a lost sample: {overloads}")
    return Finding(what, Verdict.OK, detail)


def permission(around: Surroundings) -> Iterator[Finding]:
    """Will the system let this program hear? Only macOS asks, and it tells a program without permission nothing."""
    if around.system != "Darwin":
        return
    if "SSH_CONNECTION" in around.environ:
        yield Finding(
            "permission",
            Verdict.WARNING,
            "over ssh macOS gives silence instead of the microphone",
            "Let the service listen ('momentum service install'; macOS asks on the screen), and 'momentum watch'.",
        )
    else:
        yield Finding(
            "permission",
            Verdict.NOTE,
            "macOS gives silence to a terminal that may not use the microphone",
            "Allow it: System Settings > Privacy & Security > Microphone. 'momentum doctor --listen 3' tells.",
        )
