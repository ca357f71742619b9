"""Networks by folds of games: each half is heard by a network that never saw its game. What is fitted is kept."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from engine.commentary.word_network import TENSORS, Array, WordNetwork, known_rows
from engine.commentary.word_weights import ARCHIVE, LIVE
from train.commentary.corpus import HalfWords, folds_by_game, to_learn_from
from train.commentary.fit import LIVE_SPANS, FitSettings, TrainingHalf, fit
from train.commentary.soccernet_label_table import Half

FOLDS: Final = 4
SEEDS: Final = {ARCHIVE: (0, 1), LIVE: (0, 1, 2)}
"""Networks of one mode that are averaged."""
KEPT_WORDS: Final = {ARCHIVE: 14_000, LIVE: 8_000}
"""How many words of a mode's table stay: the whole model is to have no more than two megabytes."""
WHOLE: Final = -1
"""The fold that leaves nothing out."""


@dataclass(frozen=True, slots=True)
class Task:
    """One network to fit: without the games of ``fold``."""

    mode: str
    fold: int
    seed: int
    settings: FitSettings

    def file(self, work: Path) -> Path:
        digest = sha256(repr((asdict(self.settings), self.seed)).encode()).hexdigest()[:8]
        return work / f"{self.mode}-{'whole' if self.fold == WHOLE else self.fold}-{digest}.npz"


def settings_of(mode: str, base: FitSettings | None = None) -> FitSettings:
    chosen = base or FitSettings()
    if mode != LIVE:
        return chosen
    # Live, a commentary knows of an event only later: an early target would be one that nobody can reach.
    return replace(chosen, spans=LIVE_SPANS, spread_s=5.0, spread_behind_s=14.0, vocabulary=12_000)


def fit_all(tasks: Sequence[Task], halves: Sequence[HalfWords], work: Path, jobs: int) -> list[WordNetwork]:
    """The network of each task; those that ``work`` has already are read from there."""
    dealt = folds_by_game((half.game for half in halves), FOLDS)
    missing = [task for task in tasks if not task.file(work).exists()]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(_fit_one, task, to_learn_from([h for h in halves if dealt[h.game] != task.fold]), work)
            for task in missing
        ]
        for one in waiting:
            one.result()
    return [_read(task.file(work), task.settings) for task in tasks]


def fit_folds(
    mode: str, halves: Sequence[HalfWords], work: Path, jobs: int, folds: Sequence[int] = (*range(FOLDS), WHOLE)
) -> dict[int, WordNetwork]:
    """For each of ``folds`` the mean of the mode's networks that never saw its games, as small as a shipped one."""
    tasks = [Task(mode, fold, seed, settings_of(mode)) for fold in folds for seed in SEEDS[mode]]
    fitted = list(zip(tasks, fit_all(tasks, halves, work, jobs), strict=True))
    dealt = folds_by_game((half.game for half in halves), FOLDS)
    return {
        fold: pruned(
            merged([network for task, network in fitted if task.fold == fold]),
            [half for half in halves if dealt[half.game] != fold],
            KEPT_WORDS[mode],
        )
        for fold in folds
    }


def heard_by_others(halves: Sequence[HalfWords], networks: Sequence[WordNetwork]) -> dict[Half, Array]:
    """Logits of each half by the network of its fold, which never saw its game."""
    dealt = folds_by_game((half.game for half in halves), FOLDS)
    return {(half.game, half.half): mean_logits(networks[dealt[half.game]], half) for half in halves}


def mean_logits(network: WordNetwork, half: HalfWords) -> Array:
    """Logits of a half, at every step the mean over the views that reach so far."""
    views = [network.logits(view) for view in half.features.values()]
    summed = np.zeros((max(map(len, views)), views[0].shape[1]), dtype=np.float32)
    there = np.zeros((len(summed), 1), dtype=np.float32)
    for view in views:
        summed[: len(view)] += view
        there[: len(view)] += 1.0
    return summed / there


def merged(networks: Sequence[WordNetwork]) -> WordNetwork:
    """One network that says the mean of the logits of ``networks``, which share spans and table."""
    first = networks[0]
    if any(one.spans != first.spans or not np.array_equal(one.table, first.table) for one in networks):
        raise ValueError("networks of other spans or words can't be one")
    if len(networks) == 1:
        return first
    blocks = [one.hidden.reshape(len(one.spans), one.vectors.shape[1], -1) for one in networks]
    hidden = np.zeros(
        (len(first.spans), sum(block.shape[1] for block in blocks), sum(block.shape[2] for block in blocks)), np.float32
    )
    row = column = 0
    for block in blocks:
        hidden[:, row : row + block.shape[1], column : column + block.shape[2]] = block
        row, column = row + block.shape[1], column + block.shape[2]
    return WordNetwork(
        first.spans,
        first.table,
        np.concatenate([one.vectors for one in networks], axis=1),
        np.concatenate([one.counts for one in networks], axis=1),
        np.concatenate([one.bias for one in networks]),
        hidden.reshape(-1, hidden.shape[2]),
        np.concatenate([one.hidden_bias for one in networks]),
        np.concatenate([one.out for one in networks]) * np.float32(1 / len(networks)),
        np.asarray(np.mean([one.out_bias for one in networks], axis=0), dtype=np.float32),
    )


def pruned(network: WordNetwork, halves: Sequence[HalfWords], most: int) -> WordNetwork:
    """``network`` without the words that move it least in ``halves``: a short vector, seldom said."""
    if len(network.table) <= most:
        return network
    said = np.zeros(len(network.table))
    for half in halves:
        for view in half.features.values():
            rows, _ = known_rows(network.table, view.hashes)
            said += np.bincount(rows, minlength=len(said))
    moved = np.sqrt(said) * np.linalg.norm(network.vectors, axis=1)
    stays = np.sort(np.argsort(-moved, kind="stable")[:most])
    return replace(network, table=network.table[stays], vectors=network.vectors[stays])


def _fit_one(task: Task, halves: Sequence[TrainingHalf], work: Path) -> None:
    network = fit(halves, task.settings, task.seed)
    unfinished = task.file(work).with_suffix(".part.npz")
    np.savez(unfinished, **network.tensors())  # type: ignore[arg-type]
    unfinished.replace(task.file(work))


def _read(file: Path, settings: FitSettings) -> WordNetwork:
    with np.load(file, allow_pickle=False) as kept:
        return WordNetwork(settings.spans, **{name: kept[name] for name in TENSORS})
