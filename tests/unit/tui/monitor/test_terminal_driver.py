"""No stray p in Terminal.app."""

import pytest

from tui.monitor.terminal_driver import QuietDriver, choose_driver

MACBOOK = {"TERM": "xterm-256color", "SSH_CONNECTION": "10.0.0.2 50000 10.0.0.1 22"}


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM_PROGRAM": "Apple_Terminal", "TERM": "xterm-256color"}, "Darwin"),
        (MACBOOK, "Darwin"),
        (MACBOOK, "Linux"),
        ({"TERM": "xterm-256color"}, "Darwin"),  # sudo, or a login shell that dropped the variable
        ({"TERM": "nsterm", "SSH_TTY": "/dev/ttys001"}, "Linux"),
    ],
)
def test_terminal_app_is_asked_nothing_also_over_ssh(environ, system):
    assert choose_driver(environ, system) is QuietDriver


@pytest.mark.parametrize(
    ("environ", "system"),
    [
        ({"TERM": "xterm-256color"}, "Linux"),
        (MACBOOK | {"TERM": "xterm-kitty"}, "Darwin"),
        (MACBOOK | {"TERM": "xterm-ghostty"}, "Darwin"),
        (MACBOOK | {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-501/default,1,0"}, "Darwin"),
        (MACBOOK | {"LC_TERMINAL": "iTerm2"}, "Linux"),
        ({"TERM_PROGRAM": "iTerm.app", "TERM": "xterm-256color"}, "Darwin"),
        (MACBOOK | {"TEXTUAL_DRIVER": "textual.drivers.linux_driver:LinuxDriver"}, "Linux"),
    ],
)
def test_other_terminals_are_asked_as_ever(environ, system):
    assert choose_driver(environ, system) is None
