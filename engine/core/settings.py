"""Settings: flag > environment (``MOMENTUM_*``) > file (TOML) > default, and which of them set each value.

Over 300 lines, since every setting stands here with its help.
"""

import ast
import difflib
import inspect
import json
import os
import reprlib
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from engine.core.desktop_notification import notifier
from engine.core.errors import UsageError
from engine.core.publish_settings import EXAMPLE, PublishSettings, shown_publish
from engine.core.sound_address import HIDDEN, shown
from engine.core.spike_settings import SpikeSettings, at_threshold, measured_lines
from engine.core.venue_sources import SourceTable, places_of

PREFIX: Final = "MOMENTUM_"
_NO_SETTINGS: Final = frozenset({"MOMENTUM_HOME"})
"""Names with our prefix that ``engine.core.paths`` reads."""


def _no_truth_value(value: object) -> object:
    # pydantic would take true for 1.0
    if isinstance(value, bool):
        raise ValueError("a number is needed here")
    return value


Number: TypeAlias = Annotated[float, BeforeValidator(_no_truth_value), Field(allow_inf_nan=False)]
WholeNumber: TypeAlias = Annotated[int, BeforeValidator(_no_truth_value)]


class Settings(BaseSettings):
    """Every setting. The text under a setting is its help, in ``config show`` and in the file of ``config init``.

    A spike setting that is None leaves the choice to the weights, which were measured with theirs.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    source: Annotated[str | None, Field(examples=["mic"])] = None
    """What 'live' and 'record' listen to when they are not told: mic, mic:NAME, a file, an address, demo. Unset: the
    default microphone, or the demo where there is none."""

    weights: str = "default"
    """Name of installed weights ('momentum weights list'), or a folder that holds some."""

    engine: Literal["auto", "mlx", "onnx"] = "auto"
    """What computes the network: mlx, or onnx (ONNX Runtime, from the extra 'onnx'). auto: on Apple silicon what
    measures fastest, elsewhere onnx where it is installed, since it is the faster one. Both give the same index."""

    alarm_budget: Annotated[Number | None, Field(gt=0, le=1000, examples=[2])] = None
    """False alarms a match to put up with, as measured when the weights were made; it chooses the alarm line. Higher:
    fewer chances missed. Unset: the weights' own choice. Where spike_on is set, that counts."""

    spike_on: Annotated[Number | None, Field(gt=0, le=1, examples=[0.6])] = None
    """Index at which an alarm begins. Higher: fewer alarms, and quiet chances missed. Unset: the weights' own."""

    spike_off: Annotated[Number | None, Field(ge=0, lt=1, examples=[0.4])] = None
    """Index below which an alarm ends; it can't lie above spike_on. Lower: longer alarms, and fewer that break in
    two. Unset: the weights' own, and where spike_on or alarm_budget is set, in their proportion to the line."""

    spike_min_duration_s: Annotated[Number | None, Field(ge=0, le=60, examples=[0.5])] = None
    """Seconds after reaching spike_on before an alarm is given. Longer: fewer false alarms, each that much later.
    Unset: the weights' own."""

    spike_refractory_s: Annotated[Number | None, Field(ge=0, le=600, examples=[5.0])] = None
    """Seconds after an alarm's end in which no other is given. Longer: fewer repetitions, and a second chance reported
    late or missed. Unset: the weights' own."""

    spike_merge_s: Annotated[Number | None, Field(ge=0, le=60, examples=[2.0])] = None
    """A dip below spike_off that is no longer than this does not end an alarm. Longer: fewer, longer alarms. Unset:
    the weights' own."""

    microphone_rate_hz: Annotated[WholeNumber | None, Field(ge=8000, le=384000, examples=[48000])] = None
    """Rate at which the microphone is opened. Higher: more work and the same index. Unset: what the device likes."""

    microphone_queue_s: Annotated[Number, Field(ge=0.1, le=60)] = 2.0
    """Seconds of sound that may wait for the engine. Longer: survives a busier machine, and may lag further behind."""

    record_sound: bool = False
    """Whether a session keeps the sound beside the readings: about 60 MB an hour, needed for clips and for hearing a
    spike again."""

    sound_budget_gb: Annotated[Number, Field(gt=0, le=100_000)] = 10.0
    """What the sound of all sessions may take together. Larger: older sound is kept. The oldest goes first, that
    around spikes and marks last."""

    sound_reserve_gb: Annotated[Number, Field(ge=0, le=100_000)] = 0.5
    """Room on the disk that sound leaves alone. Larger: sound stops earlier; readings are kept to the last byte."""

    commentary: Annotated[str | None, Field(examples=["match.srt"])] = None
    """What is said beside the crowd: a transcript (.srt, .vtt, .json), said back in time with the sound, or a source of
    sound in which words are heard (mic:NAME, a file, an address). Unset: nothing."""

    commentary_model: Annotated[str | None, Field(examples=["~/models/whisper-base"])] = None
    """Folder with the ONNX model that hears words in sound; docs/commentary-live.md says which. Unset: transcripts
    only."""

    commentary_language: Annotated[str | None, Field(pattern=r"^[a-z]{2,3}$", examples=["en"])] = None
    """Language of the commentary, for models that speak several. Unset: the model finds out by itself, each time."""

    separate: bool = False
    """Take voices out of the sound before the index hears it, for broadcasts in which somebody speaks over the crowd.
    Readings come 0.8 s later, and a session keeps the sound without the voices. Needs separation_model."""

    separation_model: Annotated[str | None, Field(examples=["~/models/spleeter"])] = None
    """Folder with Spleeter's weights for two stems, made by 'momentum weights separation'. Unset: nothing can be taken
    apart."""

    on_spike: Annotated[str | None, Field(examples=[notifier()])] = None
    """Program that is run for each spike, with the spike as JSON on its standard input. Unset: none."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is written to the log file: debug writes most, error least."""

    theme: Literal["auto", "dark", "light", "contrast", "16"] = "auto"
    """Colours of the monitor; contrast can be told apart by everybody, 16 suits old terminals."""

    ascii: bool = False
    """Draw the monitor without any character beyond ASCII."""

    mouse: bool = True
    """Let the monitor use the mouse. Off: the terminal's own selecting and copying works as usual."""

    bell: bool = True
    """Ring the terminal's bell at a spike and when the listening breaks."""

    watch_moves_on: bool = True
    """Let the monitor of 'watch' go on with the next session of the same device when the one that it shows ends, as it
    does when the recorder is started again. Off: it stays with the session that ended."""

    fps: Annotated[WholeNumber, Field(ge=1, le=60)] = 12
    """How often a second the monitor is drawn. Higher: smoother, and more work for a slow line."""

    keys: Annotated[dict[str, str], Field(examples=[{"freeze": "space"}])] = Field(default_factory=dict)
    """Other keys for the monitor, by the name of what they do; its help (?) lists the names."""

    sources: Annotated[
        list[SourceTable], Field(examples=[{"name": "north", "venue": "North Park", "device": "scarlett"}])
    ] = Field(default_factory=list)
    """What 'record' and the service listen to side by side when they are not told, a session each: a device (name or
    number), an address, or any source that 'record' takes. Name and venue may be left out. Goes before source there."""

    @field_validator("sources")
    @classmethod
    def _sources_that_can_be_told_apart(cls, sources: list[SourceTable]) -> list[SourceTable]:
        try:
            places_of(sources)
        except UsageError as error:
            raise ValueError(error.message) from error
        return sources

    publish: Annotated[PublishSettings, Field(examples=[EXAMPLE])] = Field(default_factory=PublishSettings)
    """Who is told what is heard: an MQTT broker, webhooks, Prometheus; docs/publish.md explains the table. Without it
    nobody is."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load_settings`` hands in: it asks the sources one by one, to know which of them spoke."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each came from: ``flag``, ``environment``, ``file`` or ``default``."""

    settings: Settings
    set_by: Mapping[str, str]


def load_settings(
    file: Path, environ: Mapping[str, str] = os.environ, flags: Mapping[str, object] | None = None
) -> Loaded:
    """Read all sources; a flag that is None was not given, and a file that is missing says nothing.

    Raises ``UsageError`` naming file or variable and key for an unknown key, a bad value, or a broken file.
    """
    given = {
        "flag": {name: value for name, value in (flags or {}).items() if value is not None},
        "environment": _from_environment(environ),
        "file": _from_file(file),
    }
    values: dict[str, Any] = {}
    set_by = dict.fromkeys(Settings.model_fields, "default")
    for source in reversed(given):
        values |= given[source]
        set_by |= dict.fromkeys(given[source], source)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        said = fault["msg"].removeprefix("Value error, ")
        raise _bad_value([str(part) for part in fault["loc"]], fault["input"], said, set_by, file) from error
    return Loaded(settings, set_by)


def shown_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON takes them, as they may be shown and kept: without what opens an address."""
    values = settings.model_dump(mode="json")
    places = places_of(settings.sources)
    tables = [{"name": place.name, "venue": place.venue, "source": shown(place.spec)} for place in places]
    source = None if settings.source is None else shown(settings.source)
    commentary = None if settings.commentary is None else shown(settings.commentary)
    return (
        values
        | {"commentary": commentary}
        | {"source": source, "sources": tables, "publish": shown_publish(settings.publish)}
    )


def spike_settings(settings: Settings, own: SpikeSettings, points: Sequence[Mapping[str, Any]] = ()) -> SpikeSettings:
    """The weights' ``own`` spike settings with what the user changed; a budget takes one of their operating ``points``.

    Where only the line is changed, an alarm ends in the same proportion below it.

    Raises ``UsageError`` where settings contradict each other, or no point keeps the budget.
    """
    if settings.alarm_budget is not None and settings.spike_on is None:
        own = _within_budget(own, points, settings.alarm_budget)
    if settings.spike_on is not None:
        own = at_threshold(own, settings.spike_on)
    changed = {
        name.removeprefix("spike_"): value
        for name, value in settings
        if name.startswith("spike_") and value is not None
    }
    return replace(own, **changed)


def _within_budget(own: SpikeSettings, points: Sequence[Mapping[str, Any]], budget: float) -> SpikeSettings:
    measured = measured_lines(points)
    kept = [threshold for false, threshold in measured if false <= budget]
    if not kept:
        fewest = min((false for false, _ in measured), default=None)
        raise UsageError(
            f"these weights have no alarm line with at most {budget:g} false alarms a match",
            "None was measured: set the line itself with spike_on."
            if fewest is None
            else f"The fewest that was measured is {ceil(10 * fewest) / 10:g}; or set the line itself with spike_on.",
        )
    return at_threshold(own, min(kept))


def setting_help() -> dict[str, str]:
    """The text under each setting, by its name, on one line."""
    body = ast.parse(inspect.getsource(Settings)).body[0]
    assert isinstance(body, ast.ClassDef)
    help: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                help[name] = " ".join(words.split())
    return help


def template() -> str:
    """A file with every setting at its default, commented out, each under its help."""
    help = setting_help()
    blocks = [
        "# Settings of Acoustic Momentum. A flag or an environment variable (MOMENTUM_...) goes before this file."
    ]
    for name, field in Settings.model_fields.items():
        lines = textwrap.wrap(help[name], 100)
        if field.default_factory is not None:  # a table: it stands last, since everything below it would belong to it
            lines += _table(name, (field.examples or [{}])[0], field.default_factory is list)
        elif field.default is None:
            lines.append(f"{name} = {json.dumps((field.examples or [''])[0])}  # an example; unset by default")
        else:
            lines.append(f"{name} = {json.dumps(field.default)}")
        blocks.append("\n".join(f"# {line}" for line in lines))
    return "\n\n".join(blocks) + "\n"


def _table(name: str, example: str | Mapping[str, object], many: bool) -> list[str]:
    if isinstance(example, str):
        return example.splitlines()
    return [f"[[{name}]]" if many else f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in example.items())]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {variable(name) for name in Settings.model_fields} | _NO_SETTINGS
    for name in environ:
        if name.startswith(PREFIX) and name not in known:
            raise UsageError(f"{name} in the environment is no setting", _nearest(name, known, "'unset' it"))
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environ.items() if value}
    try:
        return source()
    except SettingsError as error:
        raise UsageError(f"the environment: {error}", "'momentum config show' lists the settings.") from error


def _from_file(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", "It must be a file that you may read.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: byte {error.start} is not UTF-8", "Save it as UTF-8 text.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: {_lower(str(error))}", "Each line is: name = value, with text in quotes.") from error
    for name in values:
        if name not in Settings.model_fields:
            raise UsageError(f"{file}: {name!r} is no setting", _nearest(name, Settings.model_fields, "Remove it"))
    return values


def _bad_value(keys: list[str], value: object, fault: str, set_by: Mapping[str, str], file: Path) -> UsageError:
    key, path = keys[0], ".".join(keys)
    place = {
        "flag": f"--{key.replace('_', '-')}",
        "environment": f"{variable(key)} in the environment",
        "file": f"{file}: {path}",
        "default": path,
    }[set_by[key]]
    # Somebody may have written a password there, or an address with one in it.
    if isinstance(value, Mapping | list):
        said = ""
    elif key == "publish":
        said = f" = {HIDDEN if isinstance(value, str) else reprlib.repr(value)}"
    else:
        said = f" = {reprlib.repr(shown(str(value)) if key == 'sources' else value)}"
    return UsageError(f"{place}{said}: {_lower(fault)}", f"{key}: {setting_help()[key]}")


def _nearest(name: str, known: Any, otherwise: str) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]}?" if close else f"{otherwise}; 'momentum config show' lists the settings."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
