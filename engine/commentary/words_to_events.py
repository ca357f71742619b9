"""What a commentary says happened: events with a probability, and the words that moved each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.commentary.attribution import WordShare, words_that_moved
from engine.commentary.features import STEP_S, Features, features_of
from engine.commentary.hallucinations import clean
from engine.commentary.spots import Peak, live_peaks, peaks
from engine.commentary.transcript import Transcript
from engine.commentary.word_network import Array
from engine.commentary.word_weights import ARCHIVE, ModeConfig, WordsWeights
from engine.core.errors import InputError

LEAST_WORDS: Final = 20
LEAST_KNOWN: Final = 0.15
"""The least share of words that the model knows, of a language that it was taught."""
LEAST_DIFFERENT: Final = 8


@dataclass(frozen=True, slots=True)
class SaidEvent:
    """An event that was heard of: ``probability`` that one of ``label`` lies within the weights' ``within_s`` of
    ``t_s``. ``told_s`` is when it could be told; ``words`` moved it most, the strongest first."""

    t_s: float
    label: str
    probability: float
    told_s: float
    words: tuple[WordShare, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class HeardWords:
    """``logits`` (steps, kinds) of a half, the mean over its views, and the features of each view."""

    logits: Array
    views: tuple[Features, ...]


def hear(views: Sequence[Transcript], weights: WordsWeights, mode: str = ARCHIVE, length_s: float = 0.0) -> HeardWords:
    """What one half's ``views`` (the words as spoken, a translation, or both) say, over ``length_s`` at least.

    Without a word the logits are those of the match's minute alone.
    """
    network, causal = weights.networks[mode], weights.config.modes[mode].causal
    cleaned = [clean(view).transcript for view in views] or [Transcript(())]
    seconds = max([length_s, *(view.end_s for view in cleaned)])
    features = tuple(features_of(view, seconds, causal) for view in cleaned)
    logits = np.mean([network.logits(view) for view in features], axis=0)
    return HeardWords(np.asarray(logits, dtype=np.float32), features)


def events_of(
    heard: HeardWords, weights: WordsWeights, mode: str = ARCHIVE, least: float = 0.0, words: int = 0
) -> list[SaidEvent]:
    """Events of at least the probability ``least``, in order of time, each with its ``words`` strongest words."""
    config = weights.config.modes[mode]
    found = (
        live_peaks(heard.logits, config.peaks, config.delay_s) if config.causal else peaks(heard.logits, config.peaks)
    )
    events = []
    for peak in found:
        probability = probability_of(peak, config)
        if probability >= least:
            moved = _moved(heard, weights, mode, peak, words) if words else ()
            events.append(SaidEvent(peak.t_s, weights.config.kinds[peak.kind], probability, peak.told_s, moved))
    return events


def probability_of(peak: Peak, config: ModeConfig) -> float:
    """That an event of the peak's kind lies within the weights' ``within_s`` of it."""
    slope, offset = config.calibration[peak.kind]
    return float(1.0 / (1.0 + np.exp(-np.clip(slope * peak.score + offset, -50.0, 50.0))))


def _moved(heard: HeardWords, weights: WordsWeights, mode: str, peak: Peak, most: int) -> tuple[WordShare, ...]:
    offset_s = weights.config.modes[mode].peaks.offset_s[peak.kind]
    step = min(int((peak.t_s + offset_s) / STEP_S), len(heard.logits) - 1)
    shares = [
        replace(share, logit=share.logit / len(heard.views))
        for view in heard.views
        for share in words_that_moved(weights.networks[mode], view, min(step, view.length - 1), peak.kind, most)
    ]
    return tuple(sorted(shares, key=lambda share: -share.logit)[:most])


def check_worth(transcript: Transcript, weights: WordsWeights) -> None:
    """Raise ``InputError`` for a transcript of which nothing can be told: empty, one word again and again, or in a
    language that the model was not taught."""
    spoken = clean(transcript).transcript
    if spoken.words < LEAST_WORDS:
        raise InputError(
            f"{spoken.words} words are left once loops and inventions are out of {transcript.words}",
            f"A commentary has at least {LEAST_WORDS}; is it the right file?",
        )
    features = features_of(spoken)
    if len(set(features.hashes.tolist())) < LEAST_DIFFERENT:
        raise InputError("the same words again and again, and nothing else", "Is it the right file?")
    known = known_share(features, weights)
    if known < LEAST_KNOWN:
        raise InputError(
            f"the model knows {100 * known:.0f} % of these words: no language that it was taught",
            "It was taught English, Spanish, Russian, French and German; give a translation.",
        )


def known_share(features: Features, weights: WordsWeights) -> float:
    """The share of words of which the archive's network knows at least one hash, in [0, 1]."""
    if not features.said:
        return 0.0
    table = weights.networks[ARCHIVE].table
    known = np.isin(features.hashes, table)
    return len(np.unique(features.words[known])) / len(features.said)
