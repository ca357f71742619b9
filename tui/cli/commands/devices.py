"""``momentum devices``: what can be listened to."""

from engine.app.stray_output import libraries_kept_quiet
from tui.cli.output import AsJson, Column, print_json, print_table, say


@libraries_kept_quiet()
def devices(as_json: AsJson = False) -> None:
    """List the input devices: number, name, channels, default rate.

    'momentum live mic:NUMBER' or 'momentum live mic:PART-OF-NAME' listens to one, 'momentum live mic' to the default.

    Example: momentum devices --json
    """
    from dataclasses import asdict

    from engine.app.input_devices import input_devices

    found = input_devices()
    if as_json:
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
        say("There is no input device; 'momentum doctor' says what may help.")
