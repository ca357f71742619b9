"""JSON from outside, read with suspicion: each fault names the file and the place in it."""

import json
import math
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from engine.core.errors import InputError

MEGABYTE = 1_000_000
FETCH_AGAIN = "The file is incomplete or not of this kind: fetch it again from where it came."
_NAME_LIMIT = 120
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories that draw nothing or steer the terminal: control, format, surrogates, private use, unassigned, breaks."""


def is_plain(text: str) -> bool:
    """Whether text can be shown as it is: nothing that steers the terminal or turns the direction of writing."""
    return text.isprintable() or not any(unicodedata.category(letter) in _UNSEEN for letter in text)


class Node(NamedTuple):
    """A value of a JSON document together with where it stands, so that a fault can say so. A tuple, because a match
    makes forty thousand of them."""

    value: object
    file: str
    where: str = ""

    def fault(self, what: str, hint: str = FETCH_AGAIN) -> InputError:
        place = f" at {self.where}" if self.where else ""
        return InputError(f"{self.file}{place}: {what}", hint)

    def find(self, key: str) -> "Node | None":
        """The value under ``key``; None where it is absent or null. Raises ``InputError`` if this is no object."""
        if not isinstance(self.value, dict):
            raise self.fault(f"expected an object, found {_kind(self.value)}")
        value = self.value.get(key)
        return None if value is None else Node(value, self.file, f"{self.where}.{key}" if self.where else key)

    def get(self, key: str) -> "Node":
        """The value under ``key``. Raises ``InputError`` if there is none."""
        node = self.find(key)
        if node is None:
            raise self.fault(f"'{key}' is missing")
        return node

    def items(self, limit: int) -> Iterator["Node"]:
        """The values of a list of at most ``limit``. Raises ``InputError`` if this is none, or longer."""
        if not isinstance(self.value, list):
            raise self.fault(f"expected a list, found {_kind(self.value)}")
        if len(self.value) > limit:
            raise self.fault(f"{len(self.value)} entries, where {limit} are the most that make sense")
        for index, value in enumerate(self.value):
            yield Node(value, self.file, f"{self.where}[{index}]")

    def text(self) -> str:
        """A short text that can be shown. Raises ``InputError`` for control characters and for anything else."""
        if not isinstance(self.value, str):
            raise self.fault(f"expected text, found {_kind(self.value)}")
        if len(self.value) > _NAME_LIMIT:
            raise self.fault(
                f"a text of {len(self.value)} characters, where {_NAME_LIMIT} are the most that make sense"
            )
        if not is_plain(self.value):
            raise self.fault(f"control characters in {self.value[:40]!a}")
        return self.value

    def number(self, low: float, high: float) -> float:
        """A number in [low, high]. Raises ``InputError`` for anything else."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.fault(f"expected a number, found {_kind(self.value)}")
        # Comparing before converting: an integer of a thousand digits has no float.
        if not low <= self.value <= high or not math.isfinite(self.value):
            raise self.fault(f"the number lies outside {low:g} to {high:g}")
        return float(self.value)

    def whole(self, low: int, high: int) -> int:
        """A whole number in [low, high]. Raises ``InputError`` for anything else."""
        number = self.number(low, high)
        if number != int(number):
            raise self.fault("expected a whole number")
        return int(number)

    def name_of(self, key: str) -> str:
        """``{"key": {"name": "..."}}``, which is how StatsBomb writes its terms."""
        term = self.value.get(key) if isinstance(self.value, dict) else None
        name = term.get("name") if isinstance(term, dict) else None
        if isinstance(name, str) and len(name) <= _NAME_LIMIT and name.isprintable():
            return name
        # Something is wrong, or seldom: step by step it is said what.
        return self.get(key).get("name").text()


def _kind(value: object) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def parse_json(text: str, file: str) -> Node:
    """Parse a document; ``file`` is its name in messages. Raises ``InputError`` that says where it breaks."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{file} breaks off or is no JSON at {where}: {error.msg}", FETCH_AGAIN) from error
    except RecursionError as error:
        raise InputError(f"{file} is nested too deeply to be event data", FETCH_AGAIN) from error
    except ValueError as error:
        raise InputError(f"{file} holds a number that is none: {str(error)[:80]}", FETCH_AGAIN) from error
    return Node(value, file)


def read_text(path: Path, limit_bytes: int) -> str:
    """Text of a small regular file. Raises ``InputError`` if it is missing, unreadable, too large or not UTF-8."""
    name = ascii(str(path))[1:-1] if not is_plain(str(path)) else str(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name} is not a file", "Name the JSON file itself.")
        if status.st_size > limit_bytes:
            raise InputError(
                f"{name} has {status.st_size / MEGABYTE:.0f} MB, where {limit_bytes / MEGABYTE:.0f} are the most",
                "Name one match's own file.",
            )
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{name} does not exist", "Check the path.") from error
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}", "Check the path and its permissions.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text at byte {error.start}", FETCH_AGAIN) from error


def read_json(path: Path, limit_bytes: int) -> Node:
    """Read and parse a JSON file. Raises ``InputError`` naming the file and the place."""
    return parse_json(read_text(path, limit_bytes), path.name if is_plain(path.name) else ascii(path.name)[1:-1])
