"""``momentum devices``: what can be listened to."""

from typing import Annotated

import typer

from tui.output import Column, print_json, print_table, wants_json


def devices(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False) -> None:
    """List the input devices: number, name, channels, default rate.

    'momentum live mic:NUMBER' or 'momentum live mic:PART-OF-NAME' listens to one, 'momentum live mic' to the default.
    """
    from dataclasses import asdict

    from engine.audio.devices import list_devices

    found = list_devices()
    if wants_json(as_json):
        print_json([asdict(device) for device in found])
    elif found:
        print_table(
            [
                Column("number", "right"),
                Column("name"),
                Column("channels", "right"),
                Column("default rate", "right"),
                Column("through"),
                Column("default"),
            ],
            [
                (
                    device.index,
                    device.name,
                    device.channels,
                    f"{device.default_rate_hz} Hz",
                    device.hostapi,
                    "yes" if device.is_default else "",
                )
                for device in found
            ],
        )
    if not found:
        typer.echo("There is no input device; 'momentum doctor' says what may help.", err=True)
