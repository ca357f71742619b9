"""What a sweep tries, as a person declares it: settings of the training by name, from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_type_hints

from engine.core.errors import InputError, UsageError
from train.fit.loop.run_folder import RENAMED

_MOST_BYTES: Final = 1 << 20
_HINT: Final = "'momentum train sweep --show-space' prints the one that is tried without a file."

Value = bool | int | float | str
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``, whole ones where both are; evenly by ratio with ``log``."""

    low: float
    high: float
    step: float | None = None
    log: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these."""

    choices: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """What differs between trials, by the name of the setting, and what all of them have otherwise than usual."""

    tried: Mapping[str, Range | Choice]
    fixed: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Knobs:
    """The settings that sweeps of one kind of training can change.

    ``default`` is the space that is tried without a file, as TOML; ``usual`` are all settings as they are by
    themselves, with a ``seed``; ``elsewhere`` are those that no sweep changes, each with what to do instead.
    """

    default: str
    usual: Any
    elsewhere: Mapping[str, str]

    def settings(self, space: Space, params: Mapping[str, Value], seed: int) -> Any:
        """Those of one trial. Raises ``UsageError`` for a name or a value that no setting has."""
        return changed(replace(self.usual, seed=seed), {**space.fixed, **params}, self.elsewhere)


def read_space(file: Path | None, knobs: Knobs) -> Space:
    """The space in ``file``, or the default one. Raises ``InputError`` and ``UsageError``, naming what is wrong."""
    given = read_toml(file) if file else tomllib.loads(knobs.default)
    where = str(file) if file else "the space"
    unknown = set(given) - {"space", "fixed"}
    tried, fixed = given.get("space", {}), given.get("fixed", {})
    if unknown or not isinstance(tried, dict) or not isinstance(fixed, dict) or not tried:
        raise InputError(f"{where} is no space: it has [space], not empty, and may have [fixed]", _HINT)
    space = Space({name: _parsed(name, one) for name, one in tried.items()}, fixed)
    for name, one in space.tried.items():
        for value in (one.low, one.high) if isinstance(one, Range) else one.choices:
            knobs.settings(space, {name: value}, 0)
    return space


def read_toml(file: Path) -> dict[str, Any]:
    """A TOML file. Raises ``InputError`` where it can't be read."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise InputError(f"{file} is too large", _HINT)
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{file} can't be read: {fault}", _HINT) from fault


def read_fixed(file: Path) -> dict[str, Value]:
    """The settings under ``[fixed]``, as ``best.toml`` of a sweep has them."""
    found = read_toml(file).get("fixed")
    if not isinstance(found, dict) or not found:
        raise InputError(f"{file} has no [fixed] settings", "A sweep writes best.toml into its folder.")
    return found


def to_toml(fixed: Mapping[str, Value]) -> str:
    """Settings as a file that ``read_fixed`` reads, to the last bit."""
    lines = [f'"{name}" = {_literal(value)}' for name, value in fixed.items()]
    return "[fixed]\n" + "\n".join(lines) + "\n"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def changed(settings: S, values: Mapping[str, Value], elsewhere: Mapping[str, str] | None = None) -> S:
    """``settings`` with others by name, with dots into their parts; names of before are understood.

    Raises ``UsageError`` for a name or a value that no setting has, or one that is chosen ``elsewhere``.
    """
    seen: set[str] = set()
    for given, value in values.items():
        name = ".".join(RENAMED.get(part, part) for part in given.split("."))
        if elsewhere and name in elsewhere:
            raise UsageError(f"the setting {given} is no choice of a sweep", elsewhere[name])
        if name in seen:
            raise UsageError(f"the setting {name} stands there twice, by two names", "Leave the old name out.")
        seen.add(name)
        settings = _changed(settings, name.split("."), value, given)
    return settings


def _changed(part: Any, path: list[str], value: Value, name: str) -> Any:
    names = [one.name for one in fields(part)] if is_dataclass(part) and not isinstance(part, type) else []
    if path[0] not in names:
        raise UsageError(f"there is no setting {name[:80]!a}", f"Known here: {', '.join(names) or 'none'}.")
    there = getattr(part, path[0])
    if len(path) > 1:
        return replace(part, **{path[0]: _changed(there, path[1:], value, name)})
    kinds = {type(there)} if there is not None else {*get_args(get_type_hints(type(part))[path[0]])} - {NoneType}
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) not in kinds:
        known = " or ".join(sorted(kind.__name__ for kind in kinds))
        raise UsageError(f"{name} can't be {value!a}", f"It is a {known}, {there!r} by itself.")
    return replace(part, **{path[0]: value})


def _parsed(name: str, given: Any) -> Range | Choice:
    known = {"low", "high", "step", "log", "choices"}
    if not isinstance(given, dict) or set(given) - known or not given:
        raise InputError(f"{name[:80]!a} is neither a range nor a choice", _HINT)
    if "choices" in given:
        choices = given["choices"]
        if len(given) > 1 or not isinstance(choices, list) or not choices or not all(map(_simple, choices)):
            raise InputError(f"{name[:80]!a} needs a list of choices, and nothing else", _HINT)
        return Choice(tuple(choices))
    low: Any
    high: Any
    low, high, step, log = given.get("low"), given.get("high"), given.get("step"), given.get("log", False)
    numbers = [low, high] if step is None else [low, high, step]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        raise InputError(f"{name[:80]!a} needs numbers for low and high", _HINT)
    if not low < high or (step is not None and (step <= 0 or log)) or not isinstance(log, bool) or (log and low <= 0):
        raise InputError(f"{name[:80]!a} is no range: low is less than high, and log has low above 0, no step", _HINT)
    return Range(low, high, step, log)


def _simple(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)
