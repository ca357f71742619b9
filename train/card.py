"""``CARD.md``: what weights were trained and measured on, what they can do and what nobody has tested."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.model.checkpoint import WeightsConfig

_COLUMNS: Final = {
    "budget": "false alarms",
    "threshold": "threshold",
    "recall": "recall of danger",
    "reacted_recall": "of danger the crowd answered",
    "goal_recall": "of goals",
    "false_on_nothing_per_match": "false, on no cry",
    "false_on_reaction_per_match": "false, on a cry",
}
_MEANING: Final = """The index of these weights is a probability of danger by the label rule below. It hears the
crowd's alarm; it is no forecast of goals."""
_POINTS: Final = f"""## Operating points

The best threshold for at most so many false alarms a match (1.6 hours of sound), chosen on the matches that were
kept out of the learning; the shipped one has the best F1.

| {" | ".join(_COLUMNS.values())} |
|{"---|" * len(_COLUMNS)}"""
_NOT_TESTED: Final = """No real match with time marks was available. Nothing here was tested on a whole real match, on a
microphone at a ground, or on Apple silicon."""


def write_card(config: WeightsConfig, inputs: Mapping[str, Any], sections: Sequence[str] = ()) -> str:
    """The card of trained weights, Markdown. ``inputs`` is what the run was started with; ``sections`` come after."""
    rows = [
        ("label rule", config.label_rule),
        ("matches", f"{len(inputs['matches'])}, {inputs['simulated']} of them simulated"),
        ("real sounds mixed in", str(inputs.get("real_sounds", 0))),
        ("front end", f"{config.front_end.kind}, time constant {config.front_end.time_constant_s:g} s"),
        ("readout", config.head.readout),
        ("calibration", f"Platt, slope {config.calibration.slope:.3f}, offset {config.calibration.offset:.3f}"),
        ("spike threshold", f"on {config.spikes.on:g}, off {config.spikes.off:g}"),
        *((key.replace("_", " "), _figure(value)) for key, value in config.measured.items()),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    points = "\n".join(
        "| " + " | ".join(_figure(point[name]) for name in _COLUMNS) + " |" for point in config.operating_points
    )
    parts = [
        f"# {config.name}",
        _MEANING,
        f"| | |\n|---|---|\n{table}",
        f"{_POINTS}\n{points}",
        *sections,
        f"## Not tested\n\n{_NOT_TESTED}",
    ]
    return "\n\n".join(parts) + "\n"


def _figure(value: Any) -> str:
    if value is None:
        return "not known"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
