"""Sound is cut where somebody pauses; where nobody speaks there is nothing to recognise."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, lists

from engine.commentary.spoken.utterances import CHUNK, CHUNK_S, RATE_HZ, Utterance, Utterances, UtteranceSettings


def loud(chunk) -> float:
    """A voice is what is loud."""
    return float(np.abs(chunk).max() > 0.1)


def sound(*parts: tuple[float, float]) -> np.ndarray:
    """(seconds, level) one after the other, each a whole number of chunks."""
    return np.concatenate([np.full(round(s / CHUNK_S) * CHUNK, level, np.float32) for s, level in parts])


def all_of(samples: np.ndarray, piece: int = 1000, **settings: float) -> list[Utterance]:
    cutter = Utterances(loud, UtteranceSettings(**settings))
    found = [u for at in range(0, len(samples), piece) for u in cutter.push(samples[at : at + piece])]
    return [*found, *cutter.finish()]


def test_a_crowd_alone_is_no_utterance():
    assert all_of(sound((60.0, 0.05))) == []


def test_an_utterance_lasts_from_just_before_the_first_word_until_the_pause():
    (found,) = all_of(sound((3.2, 0.0), (1.6, 0.5), (3.2, 0.0)))
    assert abs(found.start / RATE_HZ - 3.0) < 0.03
    assert abs(found.end / RATE_HZ - 5.3) < 0.03


def test_a_breath_ends_nothing_and_a_click_begins_nothing():
    assert len(all_of(sound((1.6, 0.5), (0.32, 0.0), (1.6, 0.5), (1.0, 0.0)))) == 1
    assert all_of(sound((1.0, 0.0), (0.16, 0.5), (2.0, 0.0))) == []


def test_who_never_pauses_is_cut_without_a_gap():
    found = all_of(sound((40.0, 0.5)), longest_s=12.0)
    assert len(found) > 3 and max(len(u.samples) for u in found) <= 12.1 * RATE_HZ
    assert all(a.end == b.start for a, b in pairwise(found))
    assert (found[0].start, found[-1].end) == (0, len(sound((40.0, 0.5))))


def test_lost_sound_ends_an_utterance_and_moves_the_next():
    cutter = Utterances(loud)
    first = [*cutter.push(sound((1.6, 0.5))), *cutter.skip(RATE_HZ)]
    second = [*cutter.push(sound((1.6, 0.5))), *cutter.finish()]
    assert [u.start for u in (*first, *second)] == [0, 50 * CHUNK + RATE_HZ]


@given(lists(integers(0, 3000), max_size=40))
def test_how_the_sound_comes_in_pieces_changes_nothing(sizes: list[int]):
    samples = sound((0.64, 0.0), (0.96, 0.5), (0.8, 0.0), (0.64, 0.5))[: sum(sizes)]
    cutter, at, found = Utterances(loud), 0, []
    for size in sizes:
        found += cutter.push(samples[at : at + size])
        at += size
    found += cutter.finish()
    whole = all_of(samples, piece=max(1, len(samples)))
    assert [(u.start, u.end) for u in found] == [(u.start, u.end) for u in whole]
