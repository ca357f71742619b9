"""A hint that can be followed on the machine it is given on."""

import shlex

import pytest

from engine.core.desktop_notification import notifier


@pytest.mark.parametrize(
    ("platform", "arguments"),
    [
        ("linux", ["notify-send", "Spike"]),
        ("darwin", ["osascript", "-e", 'display notification "Spike"']),
    ],
)
def test_a_mac_has_no_notify_send(platform, arguments):
    assert shlex.split(notifier(platform)) == arguments
    assert shlex.split(f"--on-spike '{notifier(platform)}'")[1] == notifier(platform)
