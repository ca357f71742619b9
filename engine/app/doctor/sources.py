"""Checks of what is configured to be recorded side by side."""

from collections.abc import Callable, Iterator
from pathlib import Path

from engine.app.doctor.audio import heard
from engine.app.doctor.checks import Finding, Surroundings, Verdict
from engine.audio.devices import InputDevice
from engine.core.errors import MomentumError
from engine.core.venue_sources import Place


def sources(around: Surroundings, devices: "Callable[[], list[InputDevice]] | None" = None) -> Iterator[Finding]:
    """Is every configured source there, and does each have a device of its own?"""
    from engine.app.record_many import refuse_one_device_twice
    from engine.audio.devices import list_devices
    from engine.core.venue_sources import places_of

    places = places_of(around.settings.sources)
    if not places:
        return
    there = devices or list_devices
    try:
        refuse_one_device_twice(places, there)
    except MomentumError as error:
        yield Finding("sources", Verdict.PROBLEM, error.message, error.hint)
    for place in places:
        what = f"source {place.name}"
        try:
            yield heard(what, place.spec, around) if around.listen_s else _there(what, place, there)
        except MomentumError as error:
            yield Finding(what, Verdict.PROBLEM, error.message, error.hint)


def _there(what: str, place: Place, devices: Callable[[], list[InputDevice]]) -> Finding:
    """What can be told without listening."""
    from engine.audio.devices import find_device
    from engine.core.sound_address import is_address, shown

    if place.microphone is not None:
        device = find_device(devices(), place.microphone or None)
        return Finding(what, Verdict.OK, f"{device.name} (number {device.index})")
    if is_address(place.spec):
        remedy = "'momentum doctor --listen 3' asks it."
        return Finding(what, Verdict.NOTE, f"{shown(place.spec)} has not been asked", remedy)
    if place.spec == "-" or place.spec.partition(":")[0] == "demo" or Path(place.spec).is_file():
        return Finding(what, Verdict.OK, place.spec)
    return Finding(what, Verdict.PROBLEM, f"there is no file {place.spec}", "Give the whole path of a file.")
