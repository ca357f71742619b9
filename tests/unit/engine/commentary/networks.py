"""A network of words made by hand: 'corner' and 'goal' each raise one kind of event, at once and for a while."""

from zlib import crc32

import numpy as np

from engine.commentary.features import COUNTS
from engine.commentary.spots import PeakSettings
from engine.commentary.transcript import Segment, Transcript
from engine.commentary.word_network import WordNetwork
from engine.commentary.word_weights import ModeConfig, WordsConfig, WordsWeights

KINDS = ("Goal", "Corner")
SPANS = ((-3, 0), (0, 2), (2, 5))


def network(spans=SPANS) -> WordNetwork:
    known = {crc32(b"w goal"): (1.0, 0.0), crc32(b"w corner"): (0.0, 1.0)}
    table = np.array(sorted(known), dtype=np.uint32)
    hidden = np.zeros((len(spans) * 2, 2), dtype=np.float32)
    for number in range(len(spans)):
        hidden[2 * number : 2 * number + 2] = np.eye(2)
    return WordNetwork(
        spans,
        table,
        np.array([known[h] for h in table.tolist()], dtype=np.float32),
        np.zeros((len(COUNTS), 2), dtype=np.float32),
        np.zeros(2, dtype=np.float32),
        hidden,
        np.zeros(2, dtype=np.float32),
        4.0 * np.eye(2, dtype=np.float32),
        np.full(2, -4.0, dtype=np.float32),
    )


def weights() -> WordsWeights:
    peaks = PeakSettings(1.0, (10.0, 10.0), (0.0, 0.0), -3.0)
    modes = {
        "archive": ModeConfig(peaks, ((1.0, 0.0), (2.0, 1.0)), 0.0, False),
        "live": ModeConfig(peaks, ((1.0, 0.0), (1.0, 0.0)), 2.0, True),
    }
    config = WordsConfig("by hand", "words", KINDS, 15.0, modes)
    return WordsWeights(config, {"archive": network(), "live": network(((-3, 0), (0, 2)))}, "0" * 64)


def said(*rows: tuple[float, str], lasts_s: float = 2.0) -> Transcript:
    return Transcript(tuple(Segment(t_s, t_s + lasts_s, text) for t_s, text in rows))


def chatter(until_s: float, *rows: tuple[float, str]) -> Transcript:
    """A half in which something else is said every ten seconds, and ``rows``."""
    words = [
        "passes",
        "back",
        "to",
        "the",
        "keeper",
        "slowly",
        "while",
        "players",
        "wander",
        "along",
        "near",
        "touchline",
        "again",
    ]
    usual = [
        (t, f"{words[n % 13]} {words[(n * 5) % 13]}") for n, t in enumerate(np.arange(1.0, until_s, 10.0).tolist())
    ]
    return said(*sorted([*usual, *rows]))
