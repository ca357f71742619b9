"""A command that shows a message on this system, for hints and examples."""

import sys
from typing import Final

_NOTIFIERS: Final = {"darwin": 'osascript -e "display notification \\"Spike\\""'}


def notifier(platform: str = sys.platform) -> str:
    """The command as it is typed within single quotes; ``platform`` as ``sys.platform`` says it."""
    return _NOTIFIERS.get(platform, "notify-send Spike")
