"""Events as rows of the store, and back."""

import dataclasses
import json
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import InputError
from engine.core.heard_tags import Heard
from engine.core.signals import TYPE_NAMES, Health, Hearing, RareEvent, Reading, rounded, written
from engine.session.schema import HEALTH_CODES

_KINDS: dict[str, type[RareEvent]] = {name: kind for kind, name in TYPE_NAMES.items() if kind is not Reading}
_TABLES: typing.Final = {"words": "words", "words_state": "words", "words_event": "said"}
_CODES = {health: code for code, health in enumerate(HEALTH_CODES)}
_HEALTHS = dict(enumerate(HEALTH_CODES))
_FIELDS = {kind: [(f.name, f.type, f.default) for f in dataclasses.fields(kind)] for kind in _KINDS.values()}

ReadingRow: typing.TypeAlias = tuple[
    int, float, float | None, float, float, int, float, float, str | None, float | None
]


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceReports:
    """How often a session's device came too fast: with sound lost, and without."""

    overruns: int = 0
    overloads: int = 0

    def to_json(self) -> str:
        """As ``meta`` keeps it."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def of(cls, kept: Any) -> "DeviceReports":
        """From what ``meta`` kept; None in older sessions. Raises ``TypeError`` or ``ValueError`` for no such thing."""
        found = cls(**(kept or {}))
        return cls(int(found.overruns), int(found.overloads))


def table_of(kind: str) -> str:
    """The table that holds events of a kind."""
    return _TABLES.get(kind, "events")


def reading_row(number: int, reading: Reading, elapsed_s: float) -> ReadingRow:
    """The columns of ``readings``, in the order of the insert."""
    values = (reading.pressure, reading.level_db, reading.peak_db, _CODES[reading.health], reading.compute_ms)
    heard = None if reading.heard is None else json.dumps(rounded(reading.heard), separators=(",", ":"))
    return (number, reading.t, *values, elapsed_s, heard, reading.fused)


def reading_of(row: tuple[Any, ...]) -> Reading:
    """From (t, pressure, level_db, peak_db, health, compute_ms, heard, fused). Raises ``InputError`` for what is
    none."""
    t, pressure, level_db, peak_db, code, compute_ms, heard, fused = row
    numbers = (t, level_db, peak_db, compute_ms, *(0.0 if one is None else one for one in (pressure, fused)))
    # SQLite keeps whatever type it is given, so a damaged row may hold anything.
    if not all(isinstance(number, float) for number in numbers) or code not in _HEALTHS:
        raise InputError("the session holds a reading that can't be read", _REPAIR)
    return Reading(t, pressure, level_db, peak_db, _HEALTHS[code], compute_ms, heard_of(heard), fused=fused)


def heard_of(text: Any) -> Heard | None:
    """What was heard, as ``reading_row`` wrote it. Raises ``InputError`` for what is no such thing."""
    if text is None:
        return None
    try:
        heard = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise _unheard() from error
    if not isinstance(heard, Mapping) or not heard or not all(_is_tag(*tag) for tag in heard.items()):
        raise _unheard()
    return heard


def fused_of(values: Sequence[Any]) -> float | None:
    """What crowd and words said together, if the rest of a row begins with that and it makes sense."""
    known = values and isinstance(values[0], int | float) and 0 <= values[0] <= 1
    return float(values[0]) if known else None


def _is_tag(name: str, probability: Any) -> bool:
    known = isinstance(probability, int | float) and not isinstance(probability, bool)
    return name.isidentifier() and known and 0 <= probability <= 1


def _unheard() -> InputError:
    return InputError("the session holds tags that can't be read", _REPAIR)


def event_body(event: RareEvent) -> tuple[str, str]:
    """The type and the JSON of an event, unrounded."""
    return TYPE_NAMES[type(event)], json.dumps(written(event))


def event_of(kind: str, body: str) -> RareEvent:
    """From type and JSON; unknown keys are left out. Raises ``InputError`` for what is no event."""
    try:
        made = _KINDS[kind]
        values = json.loads(body)
        return made(**{name: _value(values, name, type_, default) for name, type_, default in _FIELDS[made]})
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(f"the session holds an event that can't be read ({kind[:40]!r})", _REPAIR) from error


_REPAIR = "'momentum sessions repair' saves what is whole"


def _value(values: dict[str, Any], name: str, type_: Any, default: Any) -> Any:
    if name not in values and default is not dataclasses.MISSING:
        return default
    value = values[name]
    if type_ in (Health, Hearing):
        return type_(value)
    if isinstance(value, bool) != (type_ is bool) or not isinstance(value, (int, float) if type_ is float else type_):
        raise TypeError(f"{name} is {value!r}")
    return float(value) if type_ is float else value
