"""Sentence vectors beside the plain way on the validation games in English, by folds of them.

Each way is the same but for what it is told of a step: a logistic regression a class over the mean of what is said from
10 s before a moment to 20 s behind it. The test games are not opened.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from engine.commentary.features import STEP_S
from engine.commentary.transcript import ORIGINAL
from engine.commentary.word_network import Array
from engine.commentary.word_weights import ARCHIVE, load_words, shipped_words
from engine.core.errors import InputError
from train.commentary.baselines import Said, by_chance, keyword_lists, letters, plain_way
from train.commentary.corpus import HalfWords, folds_by_game, read_corpus
from train.commentary.cross_fit import FOLDS, SEEDS, Task, fit_folds, heard_by_others, settings_of
from train.commentary.evaluate import figures_of, gain_of
from train.commentary.report import figures_table, gain_table
from train.commentary.scoring import Found, count
from train.commentary.sentences.encoder import SentenceEncoder
from train.commentary.soccernet_label_table import JUDGED, KINDS
from train.commentary.tuning import spots_of

PLAIN: Final = "the plain way"
VECTORS: Final = "sentence vectors"
BOTH: Final = "both side by side"
NETWORK: Final = "words, archive"
_LANGUAGE: Final = "en"
_LONG: Final = 2.0
"""How long a segment's vector is made: the best for vectors alone of 1, 2, 4, 6 and 20, on these very games."""


class Encoder(Protocol):
    """What turns texts into vectors (n, width) of length 1."""

    width: int

    def encode(self, texts: Sequence[str]) -> Array: ...


def compare(data: Path, work: Path, folder: Path | None, tell: Callable[[str], None], seed: int = 0) -> dict[str, Any]:
    """Figures of each way on the English validation games in ``data``, as a JSON document.

    Sentence vectors come from the encoder in ``folder`` and are left out without one; so is the shipped kind of network
    where ``work`` does not have those of every fold. Raises ``InputError``.
    """
    encoder = None if folder is None else SentenceEncoder(folder)
    tell("reading")
    everything = read_corpus(data, "valid", False, to_last_label=True)
    halves = [half for half in everything if half.language == _LANGUAGE]
    if len({half.game for half in halves}) < FOLDS:
        raise InputError(f"fewer than {FOLDS} validation games are in English", "Name the whole folder with --data.")
    found: dict[str, Found] = {"chance": by_chance(halves, seed), "keyword lists": keyword_lists(halves)}
    ways = {PLAIN: once(letters())}
    if encoder is not None:
        ways[VECTORS] = once(sentence_vectors(encoder))
        ways[BOTH] = side_by_side(ways[PLAIN], ways[VECTORS])
    for name, said in ways.items():
        tell(name)
        found[name] = by_folds(halves, said, seed)
    heard = _network(everything, halves, work)
    if heard is None:
        tell(f"{NETWORK}: left out, as {work} lacks networks of folds; 'fit' makes them")
    else:
        found[NETWORK] = heard
    events = {(half.game, half.half): half.events for half in halves}
    counts = {name: count(spots, events, KINDS) for name, spots in found.items()}
    return {
        "games": len({half.game for half in halves}),
        "halves": len(halves),
        "segments": sum(len(half.transcripts[ORIGINAL].segments) for half in halves),
        "events": {label: sum(len(half.events[kind]) for half in halves) for kind, label in enumerate(JUDGED)},
        "figures": figures_of(counts, seed),
        "gain": {name: gain_of(one, counts[PLAIN], seed) for name, one in counts.items() if name != PLAIN},
    }


def table_of(document: dict[str, Any]) -> str:
    """The figures of ``compare`` in Markdown, and how far each way lies above the plain one."""
    gains = [gain_table(f"{name} above {PLAIN}", gain) for name, gain in document["gain"].items()]
    return "\n".join([figures_table(document["figures"], tuple(document["figures"])), *gains])


def sentence_vectors(encoder: Encoder) -> Said:
    """The mean vector of the segments that are being said in each step, ``_LONG``; zeros where nobody speaks.

    Needs scipy.
    """
    from scipy.sparse import csr_matrix

    def said(half: HalfWords) -> Any:
        length = round(half.length_s / STEP_S) + 1
        segments = half.transcripts[ORIGINAL].segments if ORIGINAL in half.transcripts else ()
        vectors = encoder.encode([segment.text for segment in segments]) * np.float32(_LONG)
        sums, spoken = np.zeros((length, encoder.width), np.float32), np.zeros((length, 1), np.float32)
        for segment, vector in zip(segments, vectors, strict=True):
            steps = slice(min(int(segment.start_s / STEP_S), length - 1), int(segment.end_s / STEP_S) + 1)
            sums[steps] += vector
            spoken[steps] += 1.0
        return csr_matrix(sums / np.maximum(spoken, 1.0))

    return said


def side_by_side(*ways: Said) -> Said:
    """All that each of ``ways`` is told. Needs scipy."""
    from scipy.sparse import hstack

    return lambda half: hstack([said(half) for said in ways], format="csr", dtype=np.float32)


def once(said: Said) -> Said:
    """``said``, asked about each half only once."""
    kept: dict[tuple[str, int], Any] = {}

    def asked(half: HalfWords) -> Any:
        key = (half.game, half.half)
        if key not in kept:
            kept[key] = said(half)
        return kept[key]

    return asked


def by_folds(halves: Sequence[HalfWords], said: Said, seed: int = 0) -> Found:
    """Spots of each half, by the plain way taught what ``said`` tells of the games of the other folds."""
    dealt = folds_by_game((half.game for half in halves), FOLDS, seed)
    found: dict[tuple[str, int], Sequence[tuple[float, str, float]]] = {}
    for fold in range(FOLDS):
        taught = [half for half in halves if dealt[half.game] != fold]
        found |= plain_way(taught, [half for half in halves if dealt[half.game] == fold], seed, said)
    return found


def _network(everything: Sequence[HalfWords], halves: Sequence[HalfWords], work: Path) -> Found | None:
    """Spots by networks that never saw the game, with the shipped model's peaks; None where one is not in ``work``."""
    settings = settings_of(ARCHIVE)
    tasks = [Task(ARCHIVE, fold, seed, settings) for fold in range(FOLDS) for seed in SEEDS[ARCHIVE]]
    if not all(task.file(work).exists() for task in tasks):
        return None
    networks = fit_folds(ARCHIVE, everything, work, 1, range(FOLDS))
    peaks = load_words(shipped_words()).config.modes[ARCHIVE].peaks
    asked = {(half.game, half.half) for half in halves}
    logits = heard_by_others(everything, [networks[fold] for fold in range(FOLDS)])
    return spots_of({half: curves for half, curves in logits.items() if half in asked}, peaks, None)
