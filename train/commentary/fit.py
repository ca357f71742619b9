"""Fits the network of words: its vocabulary, then parameters and vectors by Adam on crops of halves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from engine.commentary.features import COUNTS, STEP_S
from engine.commentary.word_network import Array, Spans, WordNetwork, known_rows
from train.commentary.network import Parameters, Shape, as_numpy, first_parameters, mean_loss

Batch = tuple[Any, Array, Array, Array]
"""What is said as a sparse matrix (crops * steps, words), counts, targets, and which steps lie in a half."""
ARCHIVE_SPANS: Final[Spans] = ((-30, -12), (-12, -5), (-5, -1), (-1, 2), (2, 5), (5, 9), (9, 15), (15, 30), (30, 60))
"""In steps of two seconds: a minute back and two ahead, finest where a commentator reacts."""
LIVE_SPANS: Final[Spans] = ((-60, -25), (-25, -12), (-12, -6), (-6, -3), (-3, -1), (-1, 0), (0, 2), (2, 4))
"""Two minutes back and three steps ahead: with one more to see that a peak is over, an event is told 10 s after the
start of its step."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingHalf:
    """What was said in a half (``hashes`` (n,) at ``steps`` (n,), ``counts`` (steps, COUNTS)), and when what happened:
    ``events`` has seconds for every kind."""

    game: str
    hashes: NDArray[np.uint32]
    steps: NDArray[np.int32]
    counts: Array
    events: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How the network is fitted."""

    spans: Spans = ARCHIVE_SPANS
    width: int = 32
    hidden: int = 64
    vocabulary: int = 20_000
    """Words that are learned at most."""
    least_games: int = 3
    """In how many games a word must be said to be learned."""
    epochs: int = 5
    crop_steps: int = 256
    batch: int = 16
    """Crops that are learned from at once."""
    rate: float = 3e-3
    vector_rate: float = 3e-3
    decay: float = 0.02
    vector_decay: float = 0.1
    """Rates and decays by AdamW, of the parameters and of the words' vectors."""
    dropout: float = 0.3
    word_dropout: float = 0.25
    """The share of words that a batch leaves out."""
    spread_s: float = 8.0
    spread_behind_s: float = 8.0
    """Width of the targets before an event, and behind it."""


def soft_targets(events: Sequence[Sequence[float]], length: int, spread_s: float, behind_s: float) -> Array:
    """How near each step is to an event of each kind, shape (length, kinds): 1 at the event, half a bell of
    ``spread_s`` before it and one of ``behind_s`` behind it."""
    centres = (np.arange(length) + 0.5) * STEP_S
    found = np.zeros((length, len(events)), dtype=np.float32)
    for kind, seconds in enumerate(events):
        for second in seconds:
            late_s = centres - second
            bell = np.exp(-0.5 * (late_s / np.where(late_s < 0, spread_s, behind_s)) ** 2)
            found[:, kind] = np.maximum(found[:, kind], bell)
    return found


def choose_vocabulary(
    halves: Sequence[TrainingHalf], targets: Sequence[Array], settings: FitSettings
) -> NDArray[np.uint32]:
    """The sorted hashes that are learned: of those said in enough games the ones that stand nearest to some kind of
    event more often than chance (largest z of a Poisson count)."""
    known, inverse = np.unique(np.concatenate([half.hashes for half in halves]), return_inverse=True)
    ends = np.cumsum([len(half.hashes) for half in halves])
    rows = np.split(inverse, ends[:-1])
    games: dict[str, list[NDArray[np.intp]]] = {}
    for half, row in zip(halves, rows, strict=True):
        games.setdefault(half.game, []).append(row)
    in_games = np.zeros(len(known), dtype=np.int32)
    for said in games.values():
        in_games[np.unique(np.concatenate(said))] += 1
    total = np.bincount(inverse, minlength=len(known)).astype(np.float64)
    best = np.zeros(len(known))
    # A commentator speaks of an event in the quarter minute after it.
    near = [_running_max(target, 8)[half.steps] for half, target in zip(halves, targets, strict=True)]
    together = np.concatenate(near)
    for kind in range(together.shape[1]):
        observed = np.bincount(inverse, together[:, kind], len(known))
        expected = total * together[:, kind].mean()
        best = np.maximum(best, np.abs(observed - expected) / np.sqrt(expected + 0.5))
    best[in_games < settings.least_games] = -1.0
    chosen = np.argsort(-best, kind="stable")[: settings.vocabulary]
    return np.sort(known[chosen[best[chosen] > 0]]).astype(np.uint32)


def fit(
    halves: Sequence[TrainingHalf],
    settings: FitSettings,
    seed: int = 0,
    tell: Callable[[int, float], None] = lambda epoch, loss: None,
) -> WordNetwork:
    """A network fitted to ``halves``; ``tell`` hears of every epoch and its mean loss."""
    targets = [
        soft_targets(half.events, len(half.counts), settings.spread_s, settings.spread_behind_s) for half in halves
    ]
    table = choose_vocabulary(halves, targets, settings)
    prior = np.maximum(np.concatenate(targets).mean(axis=0), 1e-5).astype(np.float64)
    shape = Shape(settings.spans, len(prior), settings.width, settings.hidden)
    crops = _Crops(halves, targets, table, settings)
    parameters = first_parameters(shape, prior, len(COUNTS), seed)
    draw = np.random.default_rng([seed, 1])
    vectors = np.zeros((len(table), settings.width), dtype=np.float32)
    vectors += 0.1 * draw.standard_normal(vectors.shape).astype(np.float32)
    kind_weights = mx.array((prior**-0.5 / np.mean(prior**-0.5)).astype(np.float32))
    batches = crops.batches_an_epoch
    steps = settings.epochs * batches
    slow, fast = _Adam(settings.rate, settings.decay), _Adam(settings.vector_rate, settings.vector_decay)
    gradient = mx.value_and_grad(mean_loss, argnums=(0, 1))
    done = 0
    for epoch in range(settings.epochs):
        losses = []
        for said, counts, wanted, real in crops.epoch(draw):
            shape3 = (-1, settings.crop_steps, settings.width)
            summed = mx.array((said @ vectors).astype(np.float32).reshape(shape3))
            keep = draw.random((len(counts), 1, len(settings.spans) * settings.width)) >= settings.dropout
            masked = mx.array(keep.astype(np.float32) / (1.0 - settings.dropout))
            weights = mx.array(real[..., None]) * kind_weights
            loss, (slopes, slope) = gradient(
                parameters, summed, mx.array(counts), mx.array(wanted), weights, masked, settings.spans
            )
            mx.eval(loss, slopes, slope)
            pace = _pace(done / steps)
            parameters = slow.step(parameters, slopes, pace)
            flat = np.array(slope).reshape(-1, settings.width)
            vectors = fast.step_array(vectors, said.T @ flat, pace)
            losses.append(float(np.array(loss)))
            done += 1
        tell(epoch, float(np.mean(losses)))
    names = ("counts", "bias", "hidden", "hidden_bias", "out", "out_bias")
    return WordNetwork(settings.spans, table, vectors, **as_numpy(parameters, names))


class _Crops:
    """Stretches of halves in random order, each half's own words as rows of a sparse matrix."""

    def __init__(
        self, halves: Sequence[TrainingHalf], targets: Sequence[Array], table: NDArray[np.uint32], settings: FitSettings
    ) -> None:
        self._settings, self._words = settings, len(table)
        self._halves = []
        for half, target in zip(halves, targets, strict=True):
            rows, which = known_rows(table, half.hashes)
            order = np.argsort(half.steps[which], kind="stable")
            self._halves.append((rows[order], half.steps[which][order], half.counts, target))

    @property
    def batches_an_epoch(self) -> int:
        starts = sum(len(counts) // self._settings.crop_steps + 1 for _, _, counts, _ in self._halves)
        return -(-starts // self._settings.batch)

    def epoch(self, draw: np.random.Generator) -> Iterator[Batch]:
        size = self._settings.crop_steps
        places = []
        for number, (_, _, counts, _) in enumerate(self._halves):
            offset = int(draw.integers(size))
            places += [(number, offset + size * (n - 1)) for n in range(len(counts) // size + 1)]
        draw.shuffle(places)
        for first in range(0, len(places), self._settings.batch):
            yield self._batch(places[first : first + self._settings.batch], draw)

    def _batch(self, places: Sequence[tuple[int, int]], draw: np.random.Generator) -> Batch:
        size, kinds = self._settings.crop_steps, self._halves[0][3].shape[1]
        counts = np.zeros((len(places), size, len(COUNTS)), dtype=np.float32)
        wanted = np.zeros((len(places), size, kinds), dtype=np.float32)
        real = np.zeros((len(places), size), dtype=np.float32)
        from scipy.sparse import csr_matrix

        columns, rows = [], []
        for n, (number, start) in enumerate(places):
            words, steps, all_counts, target = self._halves[number]
            low, high = max(0, start), min(len(all_counts), start + size)
            inside = slice(low - start, high - start)
            counts[n, inside], wanted[n, inside] = all_counts[low:high], target[low:high]
            real[n, inside] = 1.0
            a, b = np.searchsorted(steps, [low, high])
            keep = np.flatnonzero(draw.random(b - a) >= self._settings.word_dropout) + a
            columns.append(words[keep])
            rows.append(steps[keep] - start + n * size)
        column, row = np.concatenate(columns), np.concatenate(rows)
        data = np.ones(len(column), dtype=np.float32)
        said = csr_matrix((data, (row, column)), shape=(len(places) * size, self._words))
        return said, counts, wanted, real


class _Adam:
    """AdamW (Loshchilov and Hutter, 2019) over named arrays of MLX, or one of numpy."""

    def __init__(self, rate: float, decay: float) -> None:
        self._rate, self._decay = rate, decay
        self._count = 0
        self._first: Parameters = {}
        self._second: Parameters = {}
        self._mean: Array | None = None
        self._square: Array | None = None

    def step(self, values: Parameters, slopes: Parameters, pace: float) -> Parameters:
        self._count += 1
        rate = self._rate * pace
        moved = {}
        for name, value in values.items():
            slope = slopes[name]
            first = self._first[name] = 0.9 * self._first.get(name, mx.zeros_like(slope)) + 0.1 * slope
            second = self._second[name] = 0.99 * self._second.get(name, mx.zeros_like(slope)) + 0.01 * slope * slope
            up, down = first / (1 - 0.9**self._count), mx.sqrt(second / (1 - 0.99**self._count)) + 1e-8
            decay = self._decay if value.ndim > 1 else 0.0
            moved[name] = value - rate * (up / down + decay * value)
        mx.eval(moved, self._first, self._second)
        return moved

    def step_array(self, values: Array, slopes: Array, pace: float) -> Array:
        self._count += 1
        rate = self._rate * pace
        if self._mean is None or self._square is None:
            self._mean, self._square = np.zeros_like(values), np.zeros_like(values)
        self._mean += 0.1 * (slopes - self._mean)
        self._square += 0.01 * (slopes * slopes - self._square)
        down = np.sqrt(self._square / (1 - 0.99**self._count))
        down += 1e-8
        move = self._mean / (1 - 0.9**self._count) / down
        move += self._decay * values
        values -= rate * move
        return values


def _pace(done: float) -> float:
    """The rate along the way, in [0, 1]: up over a twentieth, then down to nothing by a cosine."""
    return min(1.0, done / 0.05) * 0.5 * (1 + float(np.cos(np.pi * done)))


def _running_max(target: Array, steps: int) -> Array:
    """The largest of each value and the ``steps`` before it."""
    found = target.copy()
    for back in range(1, steps + 1):
        found[back:] = np.maximum(found[back:], target[:-back])
    return found
