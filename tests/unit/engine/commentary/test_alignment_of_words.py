"""Words are laid over events, and words of another match are refused."""

import numpy as np
import pytest

from engine.commentary.alignment import WordsRefused, align_words, fit_of_words
from engine.core.errors import ExitCode


def half(seed: int, events: int = 30, late_s: float = 0.0, heard: float = 0.6):
    """Events of three kinds, and logits that speak of a part of them, ``late_s`` late, among much else."""
    draw = np.random.default_rng(seed)
    happened = [sorted(draw.uniform(60, 2600, events // 3).tolist()) for _ in range(3)]
    logits = draw.normal(-5, 0.7, (1380, 3)).astype(np.float32)
    steps = np.arange(1380)
    for kind, seconds in enumerate(happened):
        for second in seconds:
            if draw.random() < heard:
                logits[:, kind] += 3.0 * np.exp(-0.5 * ((steps - (second + late_s) / 2) / 3.0) ** 2)
    return logits, happened


@pytest.mark.parametrize("late_s", [-40.0, 0.0, 24.0])
def test_the_offset_of_the_words_is_found(late_s):
    logits, happened = half(1, late_s=late_s)
    found = align_words(logits, happened)
    assert found.offset_s == pytest.approx(late_s, abs=4.0)
    assert found.chance < 1e-3


def test_words_of_another_match_are_refused():
    refused = 0
    for seed in range(20):
        try:
            align_words(half(seed)[0], half(seed + 100)[1])
        except WordsRefused as told:
            assert told.exit_code == ExitCode.INPUT
            refused += 1
    assert refused >= 18


def test_too_few_events_settle_nothing():
    logits, _ = half(3)
    assert fit_of_words(logits, [[100.0], [200.0], []]) is None
    with pytest.raises(WordsRefused, match="too few"):
        align_words(logits, [[100.0], [200.0], []])


def test_silence_fits_nothing():
    assert fit_of_words(np.full((1380, 3), -5.0, dtype=np.float32), half(3)[1]) is None
