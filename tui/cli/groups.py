"""Groups of commands: one way to make them, and the root group that imports a command when it is asked for."""

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from tui.cli.commands import SECTIONS
from tui.cli.usage import make_readable

_WHOLE: Final = 1000
"""Longer than any first sentence of a help."""


class ReaderLeft(Exception):
    """Whoever read the output has seen enough."""


class Group(TyperGroup):
    """A group of commands that shows its help when it is called without one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        self._format_section(formatter, "Commands", list(self.commands))

    def _format_section(self, formatter: Any, title: str, names: Sequence[str]) -> None:
        # typer would cut what a command says of itself; the formatter breaks it into lines
        with formatter.section(title):
            formatter.write_dl([(name, self.commands[name].get_short_help_str(_WHOLE)) for name in names])


def group(help: str) -> typer.Typer:
    """An empty group for ``tui/cli/commands/<name>.py``, which adds its commands with ``@<name>.command("list")``."""
    return typer.Typer(help=help, cls=Group, rich_markup_mode=None, add_completion=False)


class Commands(MutableMapping[str, Any]):
    """Commands by name, each imported from ``tui.cli.commands`` when it is first asked for."""

    def __init__(self, names: Sequence[str]) -> None:
        self._loaded: dict[str, Any] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Any:
        if self._loaded[name] is None:
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


def _load(name: str) -> Any:
    found = getattr(import_module(f"tui.cli.commands.{name}"), name)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(rich_markup_mode=None, add_completion=False)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    make_readable(command)
    return command


@contextmanager
def _reading() -> Iterator[None]:
    """While inside, the loss of who reads is a ``ReaderLeft``: typer would end the process for a broken pipe."""
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderLeft from error


class Root(Group):
    """The program itself: its commands in sections."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands([name for names in SECTIONS.values() for name in names])

    def make_context(self, *args: Any, **settings: Any) -> Any:
        with _reading():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:
        with _reading():
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for section, names in SECTIONS.items():
            self._format_section(formatter, section, names)
