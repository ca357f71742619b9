"""A set of games: what was said in each half, as features, and what happened in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from engine.commentary.features import Features, features_of
from engine.commentary.hallucinations import clean
from engine.commentary.language import main_language
from engine.commentary.read_transcript import pairs_of_halves, read_transcripts
from engine.commentary.transcript import ORIGINAL, Transcript
from train.commentary.fit import TrainingHalf
from train.commentary.soccernet_label_table import KINDS, Events, read_ends, read_events

NOTHING: Final = ""
_BEHIND_S: Final = 10.0
_NO_EVENTS: Final[Events] = ((),) * len(KINDS)


@dataclass(frozen=True, slots=True, eq=False)
class HalfWords:
    """One half: its cleaned transcripts by view, and what happened in it."""

    game: str
    half: int
    transcripts: Mapping[str, Transcript]
    features: Mapping[str, Features]
    """By view, too, over ``length_s``."""
    language: str
    """Of the words as they were spoken; empty where nobody speaks, or nobody knows."""
    events: Events
    """Seconds by kind."""
    length_s: float

    @property
    def words(self) -> int:
        """Words as they were spoken, or of the translation where these are missing."""
        return max((one.words for one in self.transcripts.values()), default=0)

    @property
    def league(self) -> str:
        return self.game.split("/", 1)[0]


def read_corpus(data: Path, split: str, causal: bool, to_last_label: bool = False) -> list[HalfWords]:
    """All halves of ``split`` (``valid`` or ``test``) in ``data``, in the order of their games.

    Halves with labels and no transcript are there, with nothing said in them. A half reaches to its last word or event,
    or ``to_last_label`` of any kind: silence teaches, too. Raises ``InputError``.
    """
    last_label_s = read_ends(data / f"labels_{split}.csv.gz") if to_last_label else {}
    events = read_events(data / f"labels_{split}.csv.gz")
    spoken = pairs_of_halves(read_transcripts(data / f"transcripts_{split}.jsonl.gz"))
    halves = []
    for game, half in sorted(set(events) | set(spoken)):
        views = spoken.get((game, half)) or {ORIGINAL: Transcript((), game, half)}
        cleaned = {view: clean(views[view]).transcript for view in sorted(views)}
        happened = events.get((game, half), _NO_EVENTS)
        last_event_s = max((second for seconds in happened for second in seconds), default=0.0)
        last_s = max(last_event_s, last_label_s.get((game, half), 0.0))
        length_s = {view: max(views[view].end_s, last_s) + _BEHIND_S for view in cleaned}
        halves.append(
            HalfWords(
                game,
                half,
                cleaned,
                {view: features_of(one, length_s[view], causal) for view, one in cleaned.items()},
                main_language(cleaned[ORIGINAL]) if ORIGINAL in cleaned else NOTHING,
                happened,
                max(length_s.values()),
            )
        )
    return halves


def folds_by_game(games: Iterable[str], folds: int, seed: int = 0) -> dict[str, int]:
    """A fold for each game, dealt out at random so that each fold has as many, give or take one."""
    ordered = sorted(set(games))
    np.random.default_rng(seed).shuffle(ordered)
    return {game: number % folds for number, game in enumerate(ordered)}


def to_learn_from(halves: Sequence[HalfWords]) -> list[TrainingHalf]:
    """Each view of each half on its own: a translation teaches the same events in other words."""
    return [
        TrainingHalf(half.game, view.hashes, view.steps, view.counts, half.events)
        for half in halves
        for view in half.features.values()
    ]
