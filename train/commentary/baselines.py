"""What a simple way finds: hashed letters with a logistic regression a class, lists of keywords, and chance."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import STEP_S, normal, words_of
from engine.commentary.spots import PeakSettings
from engine.commentary.transcript import ORIGINAL
from engine.commentary.word_network import Array
from train.commentary.corpus import HalfWords
from train.commentary.fit import soft_targets
from train.commentary.scoring import Found
from train.commentary.soccernet_label_table import KINDS, Half
from train.commentary.tuning import spots_of

BACK_S: Final = 10.0
AHEAD_S: Final = 20.0
_BUCKETS: Final = 2**16
_NEAR: Final = 0.8
_NEGATIVES: Final = 8_000
_PEAKS: Final = PeakSettings(1.0, (20.0,) * len(KINDS), (0.0,) * len(KINDS), -30.0)
_NEVER: Final = 2 * _PEAKS.least
"""What is said of a kind that nothing was taught of: it is never told."""
_SPOTS_A_HALF: Final = 20

Said: TypeAlias = Callable[[HalfWords], Any]
"""What is said in each step of a half, as a sparse matrix (steps, any number)."""

KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    # English, Spanish, Italian, German, French, Russian; a word counts that begins like one of these.
    "Goal": ("goal", "scores", "gol", "golazo", "tor", "but", "гол", "forma", "marque", "trifft", "забива"),
    "Substitution": ("substitut", "replac", "cambio", "sustituc", "sostituz", "wechsel", "remplac", "замен", "coming"),
    "Corner": ("corner", "corne", "esquina", "angolo", "ecke", "eckball", "углов"),
    "Foul": ("foul", "falta", "fallo", "faute", "фол", "наруш", "punizion", "freisto"),
    "Offside": ("offside", "flag", "fuera", "fuorigioc", "abseits", "hors", "офсайд", "вне"),
    "Penalty": ("penalt", "penal", "rigor", "elfmet", "пенальт", "spot"),
    "Shots on target": ("save", "saves", "keeper", "parada", "para", "parata", "gehalten", "arret", "вратар", "сейв"),
    "Shots off target": ("wide", "over", "fuera", "alto", "fuori", "vorbei", "cote", "мимо", "выше"),
    "Red card": ("red", "roja", "espuls", "rosso", "rot", "rouge", "красн"),
}


def letters() -> Said:
    """How often each two to four letters are said, hashed. Needs scikit-learn."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), n_features=_BUCKETS, alternate_sign=False, norm=None, dtype=np.float32
    )
    return lambda half: hashed.transform(_texts(half))


def plain_way(
    taught: Sequence[HalfWords], asked: Sequence[HalfWords], seed: int = 0, said_in: Said | None = None
) -> Found:
    """The mean of what is said from 10 s before a moment to 20 s behind it, and a logistic regression a class.

    What is said is told by ``said_in``, by ``letters`` without it. Needs scikit-learn and scipy.
    """
    from sklearn.linear_model import SGDClassifier

    told = said_in or letters()
    draw = np.random.default_rng(seed)
    rows, truth = [], []
    for half in taught:
        said = told(half)
        near = soft_targets(half.events, said.shape[0], 5.0, 5.0) > _NEAR
        wanted = np.flatnonzero(near.any(axis=1))
        others = draw.choice(said.shape[0], min(said.shape[0], _NEGATIVES // max(1, len(taught))), replace=False)
        chosen = np.unique(np.concatenate([wanted, others]))
        rows.append(_window_matrix(said.shape[0])[chosen] @ said)
        truth.append(near[chosen])
    from scipy.sparse import vstack

    together, near_all = vstack(rows).tocsr(), np.concatenate(truth)
    weights, biases = [], []
    for kind in range(len(KINDS)):
        if not near_all[:, kind].any():
            weights.append(np.zeros(together.shape[1]))
            biases.append(_NEVER)
            continue
        model = SGDClassifier(loss="log_loss", alpha=1e-4, max_iter=5, tol=None, random_state=seed)
        model.fit(together, near_all[:, kind])
        weights.append(model.coef_[0])
        biases.append(model.intercept_[0])
    matrix = np.stack(weights, axis=1)
    logits: dict[Half, Array] = {}
    for half in asked:
        said = told(half)
        scores = _window_matrix(said.shape[0]) @ (said @ matrix) + np.array(biases)
        logits[half.game, half.half] = scores.astype(np.float32)
    return spots_of(logits, _PEAKS, None)


def keyword_lists(asked: Sequence[HalfWords]) -> Found:
    """How many words that begin like a keyword are said from 4 s before a moment to 12 s behind it."""
    logits: dict[Half, Array] = {}
    for half in asked:
        length = round(half.length_s / STEP_S) + 1
        counts = np.zeros((length, len(KINDS)))
        for word in words_of(half.transcripts[ORIGINAL].segments) if ORIGINAL in half.transcripts else ():
            known = normal(word.text)
            for kind, label in enumerate(KINDS):
                counts[min(int(word.t_s / STEP_S), length - 1), kind] += known.startswith(KEYWORDS[label])
        box = np.convolve(np.ones(length), np.ones(8), "full")[:length]
        logits[half.game, half.half] = np.stack(
            [np.convolve(counts[::-1, kind], np.ones(8))[:length][::-1] / box for kind in range(len(KINDS))], axis=1
        ).astype(np.float32)
    return spots_of(logits, PeakSettings(1.0, (20.0,) * len(KINDS), (-4.0,) * len(KINDS), 1e-6), None)


def by_chance(asked: Sequence[HalfWords], seed: int = 0) -> Found:
    """Moments drawn at random, as sure of each as chance will have it."""
    draw = np.random.default_rng(seed)
    return {
        (half.game, half.half): [
            (float(draw.uniform(0, half.length_s)), label, float(draw.random()))
            for label in KINDS
            for _ in range(_SPOTS_A_HALF)
        ]
        for half in asked
    }


def _texts(half: HalfWords) -> list[str]:
    """What is said in each step, as it was spoken."""
    length = round(half.length_s / STEP_S) + 1
    texts: list[list[str]] = [[] for _ in range(length)]
    for word in words_of(half.transcripts[ORIGINAL].segments) if ORIGINAL in half.transcripts else ():
        texts[min(int(word.t_s / STEP_S), length - 1)].append(word.text)
    return [" ".join(said) for said in texts]


def _window_matrix(length: int):  # type: ignore[no-untyped-def]
    """A sparse matrix that averages over the window around each step, shape (length, length)."""
    from scipy.sparse import diags

    back, ahead = round(BACK_S / STEP_S), round(AHEAD_S / STEP_S)
    offsets = range(-back, ahead + 1)
    share: NDArray[np.float32] = np.full(1, 1.0 / (back + ahead + 1), dtype=np.float32)
    return diags([share] * len(offsets), list(offsets), shape=(length, length), format="csr", dtype=np.float32)
