"""Where sound is heard: a source, what lines call it, and its venue; from the settings or from arguments."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from engine.core.errors import UsageError
from engine.core.sound_address import is_address, shown
from engine.core.text import cells, plain

_LONGEST: Final = 60
_NO_NAME: Final = "/+#"
"""Signs that part or match names where those are published."""


def _named(text: str) -> str:
    if not text or plain(text) != text or cells(text) > _LONGEST or set(text) & set(_NO_NAME):
        raise ValueError(f"a name is one line of at most {_LONGEST} letters, without {' '.join(_NO_NAME)}")
    return text


def _as_text(value: object) -> object:
    return str(value) if type(value) is int else value


Name = Annotated[str, AfterValidator(_named)]


class SourceTable(BaseModel):
    """One ``[[sources]]`` of the settings: a ``device``, an ``address``, or any ``source`` that a command takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name | None = None
    venue: Name | None = None
    device: Annotated[str | None, BeforeValidator(_as_text)] = None
    address: str | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "SourceTable":
        given = [value for value in (self.device, self.address, self.source) if value]
        if len(given) != 1:
            raise ValueError("a source needs one of device, address, source")
        if self.address and not is_address(self.address):
            raise ValueError("an address begins with a scheme, such as https://")
        return self

    @property
    def spec(self) -> str:
        """The source as a command takes it."""
        return self.address or self.source or f"mic:{self.device}"


@dataclass(frozen=True, slots=True)
class Place:
    """A source to record among others. ``spec`` is what ``open_source`` takes, ``name`` is what lines call it."""

    spec: str
    name: str
    venue: str

    @property
    def microphone(self) -> str | None:
        """The name or number of its microphone, empty for the default one; None where it is something else."""
        kind, _, device = self.spec.partition(":")
        return device if kind == "mic" else None


def places_of(tables: Sequence[SourceTable]) -> list[Place]:
    """The places of the settings. Raises ``UsageError`` where two are called alike or are the same device."""
    derived = iter(_different([_called(table.spec) for table in tables]))
    places = []
    for table, name in zip(tables, derived, strict=True):
        places.append(Place(table.spec, table.name or table.venue or name, table.venue or table.name or name))
    return checked(places)


def places_named(specs: Sequence[str]) -> list[Place]:
    """The places of a command's arguments, called after their sources. Raises as ``places_of``."""
    names = _different([_called(spec) for spec in specs])
    return checked([Place(spec, name, name) for spec, name in zip(specs, names, strict=True)])


def checked(places: list[Place]) -> list[Place]:
    """``places``, if they can be told apart. Raises ``UsageError``."""
    for what, values in (("name", [p.name for p in places]), ("venue", [p.venue for p in places])):
        for twice in _twice(value.casefold() for value in values):
            shown_as = next(value for value in values if value.casefold() == twice)
            raise UsageError(f"two sources have the {what} {shown_as!r}", f"Give each of them a {what} of its own.")
    # A file or a simulated match can be heard as often as anybody likes.
    once = [
        place.spec for place in places if place.microphone is not None or place.spec == "-" or is_address(place.spec)
    ]
    for twice in _twice(once):
        raise UsageError(
            f"{shown(twice)} is there twice among the sources", "Each can be listened to once: remove one."
        )
    return places


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def _called(spec: str) -> str:
    """A name for a source that nobody has named."""
    kind, _, detail = spec.partition(":")
    if kind == "mic":
        name = detail or "microphone"
    elif spec == "-":
        name = "standard input"
    elif is_address(spec):
        name = urlsplit(shown(spec)).hostname or "address"
    else:
        name = spec if kind == "demo" else Path(spec).stem
    return plain("".join(" " if sign in _NO_NAME else sign for sign in name), _LONGEST) or "source"


def _different(names: list[str]) -> list[str]:
    """The names, numbered where one comes again."""
    seen: Counter[str] = Counter()
    different: list[str] = []
    for name in names:
        candidate = name
        while candidate.casefold() in seen:
            seen[name.casefold()] += 1
            candidate = f"{name} {seen[name.casefold()]}"
        seen[candidate.casefold()] += 1
        different.append(candidate)
    return different
