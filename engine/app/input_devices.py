"""The devices of this machine that can be listened to, for whoever shows them."""

from engine.audio import devices


def input_devices() -> list[devices.InputDevice]:
    """All of them in PortAudio's order; empty where there are none. Raises ``DeviceError`` without PortAudio."""
    return devices.list_devices()
