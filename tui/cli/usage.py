"""What stands for a value in the help of a command: ``--rate HZ`` and ``NAME``, where typer writes types."""

from collections.abc import Mapping
from typing import Any, Final

from typer.core import TyperArgument

_BY_OPTION: Final[Mapping[str, str]] = {
    "--after": "SECONDS",
    "--at": "TIME",
    "--before": "SECONDS",
    "--engine": "NAME",
    "--format": "FORMAT",
    "--from": "TIME",
    "--halves": "TIME,TIME",
    "--minutes": "MINUTES",
    "--name": "NAME",
    "--on-spike": "COMMAND",
    "--rate": "HZ",
    "--speed": "FACTOR",
    "--table": "TABLE",
    "--theme": "NAME",
    "--to": "TIME",
    "--weights": "NAME",
}
_BY_TYPE: Final[Mapping[object, str]] = {int: "N", float: "NUMBER"}


def make_readable(command: Any) -> None:
    """Give every value of ``command``, and of those below it, a word, unless its own ``metavar`` does."""
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            parameter.__class__ = Argument  # typer takes no class for an argument
            parameter.metavar = parameter.metavar or str(parameter.name).upper()
        elif parameter.metavar is None and not parameter.is_flag:
            parameter.metavar = _word(parameter)
    for below in getattr(command, "commands", {}).values():
        make_readable(below)


def _word(option: Any) -> str:
    value = option.type_descriptor
    named = next((_BY_OPTION[name] for name in option.opts if name in _BY_OPTION), None)
    return named or ("FILE" if value.is_path else _BY_TYPE.get(value.annotation, "TEXT"))


class Argument(TyperArgument):
    """An argument by its name alone, and without braces where it is required."""

    def display_type_rich(self, ctx: Any) -> str | None:
        return None

    def _usage_display_name(self) -> str:
        name = self.display_name_raw if self.required else f"[{self.display_name_raw}]"
        return name if self.nargs == 1 else f"{name}..."
