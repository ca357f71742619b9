"""One half's events from words against what happened in it, once the words have been laid over the events."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.app.commentary import Told
from engine.commentary.alignment import WordsAlignment, align_words
from engine.commentary.words_to_events import SaidEvent, events_of
from engine.core.errors import InputError, UsageError
from engine.core.text import plain
from engine.football.json_document import MEGABYTE, read_json
from train.commentary.scoring import count
from train.commentary.soccernet_label_table import JUDGED, KINDS, Events, read_events, same_label

_ANNOTATIONS = 20_000


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How one class did: ``happened`` events, of which ``found`` were told of; ``told`` events in all, of which
    ``right`` were; ``precision`` is the loose average precision over all peaks, None where nothing happened."""

    label: str
    happened: int
    found: int
    told: int
    right: int
    precision: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    alignment: WordsAlignment
    classes: tuple[ClassFigures, ...]
    mean: float | None
    """Loose average-mAP over the classes that happened."""


def judge(told: Told, labels: Path, game: str | None, half: int | None) -> Judged:
    """Compare ``told`` with ``labels``: a Labels-v2.json, or a table ``game,half,second,label``.

    Raises:
        InputError: the labels can't be read, hold no such half, or the words do not fit them.
        UsageError: nothing says which half the words are of.
    """
    number = half if half is not None else told.half
    if number is None:
        raise UsageError("nothing says which half these words are of", "Say it with --half 1 or --half 2.")
    happened = events_of_half(labels, told.game or game or "", number)
    alignment = align_words(told.heard.logits, happened)
    shifted = tuple(tuple(second + alignment.offset_s for second in seconds) for seconds in happened)
    everything = events_of(told.heard, told.weights, told.mode)
    within_s = told.weights.config.within_s
    spots = {("", number): [(event.t_s, event.label, event.probability) for event in everything]}
    precisions = count(spots, {("", number): shifted}, KINDS).figures()
    classes = tuple(_class(label, told.events, shifted, within_s, precisions[label]) for label in JUDGED)
    there = [one.precision for one in classes if one.precision is not None]
    return Judged(alignment, classes, sum(there) / len(there) if there else None)


def _class(
    label: str, told: tuple[SaidEvent, ...], happened: Events, within_s: float, precision: float
) -> ClassFigures:
    seconds = happened[KINDS.index(label)]
    times = [event.t_s for event in told if event.label == label]
    found = sum(any(abs(t_s - second) <= within_s for t_s in times) for second in seconds)
    right = sum(any(abs(t_s - second) <= within_s for second in seconds) for t_s in times)
    return ClassFigures(label, len(seconds), found, len(times), right, precision if seconds else None)


def events_of_half(labels: Path, game: str, half: int) -> Events:
    """What happened in one half, by ``KINDS``, in seconds of the half's recording."""
    if labels.name.removesuffix(".gz").endswith(".csv"):
        table = read_events(labels)
        names = {name for name, _ in table}
        matching = {name for name in names if game.casefold() in name.casefold()} if game else names
        if len(matching) != 1:
            raise InputError(
                f"{plain(labels.name, 80)} holds {len(matching)} games that could be meant",
                "Say which with --game; a part of its name is enough.",
            )
        return table.get((matching.pop(), half), ((),) * len(KINDS))
    document = read_json(labels, 8 * MEGABYTE)
    seconds: list[list[float]] = [[] for _ in KINDS]
    for node in document.get("annotations").items(_ANNOTATIONS):
        label, game_time = same_label(node.get("label").text()), node.get("gameTime").text()
        if label in KINDS and game_time.startswith(f"{half} - "):
            position: Any = node.get("position").value
            if not str(position).isdecimal():
                raise node.fault("expected milliseconds as 'position'")
            seconds[KINDS.index(label)].append(int(position) / 1000)
    return tuple(tuple(sorted(each)) for each in seconds)
