"""The commands, one file a command or group of commands.

The command ``name`` is the attribute ``name`` of ``tui.cli.commands.<name>``: a function whose parameters typer
understands, or a group made by ``tui.cli.groups.group``. The file is imported when the command is asked for, and must
stay cheap to import: whatever is heavy (numpy, mlx, textual, audio) is imported inside the functions.
"""

from typing import Final

SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "Listening": ("live", "record", "watch", "wall", "replay", "score"),
    "What was heard": ("sessions", "explain", "commentary", "features", "spot", "publish"),
    "Matches to learn from": ("simulate", "ingest", "library", "train", "evaluate"),
    "This machine": (
        "service",
        "devices",
        "doctor",
        "weights",
        "export",
        "config",
    ),
}
"""Every command by the section of ``momentum --help`` it stands in. To add one, add its name."""
