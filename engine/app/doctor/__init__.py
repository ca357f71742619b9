"""Everything that can stop a match day, each with a remedy.

A new check is a function in one of these files, and a line here.
"""

from collections.abc import Mapping
from typing import Final

from engine.app.doctor import audio, engine, machine, power, receivers, recorder_service, sources
from engine.app.doctor.checks import Check

CHECKS: Final[Mapping[str, Check]] = {
    "machine": machine.machine,
    "PortAudio": audio.portaudio,
    "microphone": audio.microphone,
    "sources": sources.sources,
    "permission": audio.permission,
    "hearing": audio.hearing,
    "MLX": engine.mlx,
    "engine": engine.chosen,
    "weights": engine.weights,
    "speed": engine.speed,
    "folders": machine.folders,
    "disk": machine.disk,
    "clock": machine.clock,
    "overruns": recorder_service.overruns,
    "service": recorder_service.service,
    "recorder": recorder_service.recorded,
    "publish": receivers.receivers,
    "sleep": power.sleep,
    "power cut": power.power_cut,
    "terminal": machine.terminal,
}
"""All checks, in the order in which they run."""
