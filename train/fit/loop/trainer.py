"""One stage of training: AdamW over batches, watched on matches not trained on, and safe against a kill.

Every step draws its randomness from the seed, the stage and its own number, and a state holds all that a step depends
on. So a run that is killed and started again ends in the same bits as one that was left alone.
"""

import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import cos, isfinite, pi
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

import mlx.core as mx
import mlx.optimizers as optim
import numpy as np
from mlx.nn.layers.base import Module
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten, tree_unflatten

from engine.core.errors import MomentumError
from train.fit.loop.run_folder import StageState

B = TypeVar("B")
M = TypeVar("M", bound=Module)
Parameters = dict[str, mx.array]
_LONGEST_GRADIENT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast. ``steps`` at most; the rate rises over ``warmup`` steps and falls along a cosine.

    ``ema`` is the share that the moving average of the weights keeps a step (what is checked and shipped is that
    average). Every ``check_every`` steps it is checked; after ``patience`` checks without a better one training stops.
    ``save_every`` steps a state is kept.
    """

    steps: int
    learning_rate: float = 2e-3
    warmup: int = 50
    weight_decay: float = 0.05
    ema: float = 0.99
    check_every: int = 100
    patience: int = 4
    save_every: int = 25

    def rate(self, step: int, cuts: int = 0) -> float:
        """Learning rate of step ``step``, the first being 0; ``cuts`` is what ``after_plateau`` came to."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.learning_rate * (0.02 + 0.98 * 0.5 * (1.0 + cos(pi * done)))

    def after_plateau(self, cuts: int) -> tuple[int, bool]:
        """After ``patience`` checks without a better one: how often the rate is cut by then, and whether it ends."""
        return cuts, True

    def kept(self, step: int) -> float:
        """What the average keeps at ``step``: less at first, so that it forgets where it began."""
        return min(self.ema, (1.0 + step) / (10.0 + step))


@dataclass(frozen=True, slots=True)
class PlateauSchedule(Schedule):
    """Adam at one rate, a tenth of it whenever ``patience`` checks bring nothing better, until it is ``least_rate``."""

    warmup: int = 0
    weight_decay: float = 0.0
    ema: float = 0.0
    least_rate: float = 1e-5

    def rate(self, step: int, cuts: int = 0) -> float:
        return float(self.learning_rate / 10**cuts)

    def after_plateau(self, cuts: int) -> tuple[int, bool]:
        return cuts + 1, self.rate(0, cuts + 1) < self.least_rate * 0.999


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a stage stands. ``left_s`` is the time it would take to its last step at the rate so far."""

    stage: str
    step: int
    steps: int
    loss: float
    rate: float
    left_s: float
    check: Mapping[str, float] | None = None


@dataclass(eq=False)
class Trainer(Generic[M, B]):
    """One stage."""

    state: StageState
    """Where it keeps its state."""
    model: M
    """Whose trainable parameters are fitted."""
    schedule: Schedule
    """How long and how fast."""
    seed: int
    """All randomness."""
    draw: Callable[[np.random.Generator], B]
    """Makes a batch from random numbers."""
    loss: Callable[[M, B, mx.array], mx.array]
    """The model's loss on a batch, with a key for dropout."""
    check: Callable[[Parameters], Mapping[str, float]] | None
    """Figures of the averaged parameters on matches not trained on; ``score`` is the one to be high. None for a stage
    that runs to its end."""
    progress: Callable[[Progress], None]
    """Told after every step."""
    items: int = 1
    """What a step gets through, for the rate."""
    clock: Callable[[], float] = perf_counter
    """Seconds, for rates only."""

    def __post_init__(self) -> None:
        self._gradient = value_and_grad(self.model, lambda batch, key: self.loss(self.model, batch, key))
        self._optimizer = optim.AdamW(learning_rate=0.0, weight_decay=self.schedule.weight_decay, bias_correction=True)

    def run(self) -> Parameters:
        """Train to the end, or from where a killed run left off; return the best averaged parameters.

        Raises:
            MomentumError: the loss is no number any more.
        """
        schedule = self.schedule
        average, best, numbers = self._begin()
        began, first = self.clock(), numbers["step"]
        with ThreadPoolExecutor(1) as ahead:  # a batch is drawn while a step is made with the one before it
            coming = ahead.submit(self._drawn, first)
            while numbers["step"] < schedule.steps and not numbers["stopped"]:
                step = numbers["step"]
                batch, key = coming.result()
                coming = ahead.submit(self._drawn, min(step + 1, schedule.steps - 1))
                loss = self._step(step, batch, key, numbers.get("cuts", 0))
                kept = schedule.kept(step)
                average = {n: kept * average[n] + (1.0 - kept) * value for n, value in flat(self.model).items()}
                mx.eval(average)
                numbers["step"] = step = step + 1
                numbers["losses"].append(loss)
                check = None
                if step % schedule.check_every == 0 or step == schedule.steps:
                    best, check = self._checked(average, best, numbers)
                if check is not None or step % schedule.save_every == 0:
                    self._save(average, best, numbers)
                rate = (step - first) / max(self.clock() - began, 1e-9)
                left_s = (schedule.steps - step) / rate
                self.progress(Progress(self.state.name, step, schedule.steps, loss, rate * self.items, left_s, check))
        return best

    def _begin(self) -> tuple[Parameters, Parameters, dict[str, Any]]:
        stored = self.state.load()
        self._optimizer.init(self.model.trainable_parameters())
        if stored is None:
            self.state.run.keep_metrics(self.state.name, 0)  # of a run that was killed after a check, before any state
            start = flat(self.model)
            return start, start, {"step": 0, "losses": [], "best": None, "worse": 0, "stopped": False}
        arrays, numbers = stored
        self.model.update(tree_unflatten(list(_part(arrays, "model").items())))
        self._optimizer.state = tree_unflatten(list(_part(arrays, "optimizer").items()))
        self.state.run.keep_metrics(self.state.name, numbers["step"])
        return _part(arrays, "average"), _part(arrays, "best"), numbers

    def _drawn(self, step: int) -> tuple[B, int]:
        """The batch of a step and the seed of its dropout: functions of the step's number alone."""
        rng = np.random.default_rng([self.seed, zlib.crc32(self.state.name.encode()), step])
        return self.draw(rng), int(rng.integers(2**31))

    def _step(self, step: int, batch: B, key: int, cuts: int) -> float:
        loss, gradients = self._gradient(batch, mx.random.key(key))
        gradients, _ = optim.clip_grad_norm(gradients, _LONGEST_GRADIENT)
        self._optimizer.learning_rate = self.schedule.rate(step, cuts)
        self._optimizer.update(self.model, gradients)
        mx.eval(self.model.parameters(), self._optimizer.state, loss)
        value = float(loss.item())
        if not isfinite(value):
            raise MomentumError(f"the loss is {value} at step {step}", "Train with a lower --learning-rate.")
        return value

    def _checked(
        self, average: Parameters, best: Parameters, numbers: dict[str, Any]
    ) -> tuple[Parameters, Mapping[str, float]]:
        figures = dict(self.check(average)) if self.check else {}
        row = {"stage": self.state.name, "step": numbers["step"], "loss": float(np.mean(numbers["losses"])), **figures}
        numbers["losses"] = []
        self.state.run.append(row)
        score = figures.get("score")
        if score is None or numbers["best"] is None or score > numbers["best"]:
            numbers["best"], numbers["worse"] = score, 0
            return average, row
        numbers["worse"] += 1
        if numbers["worse"] >= self.schedule.patience:
            numbers["worse"] = 0
            numbers["cuts"], numbers["stopped"] = self.schedule.after_plateau(numbers.get("cuts", 0))
        return best, row

    def _save(self, average: Parameters, best: Parameters, numbers: Mapping[str, Any]) -> None:
        arrays: Parameters = {}
        optimizer = dict(tree_flatten(self._optimizer.state))
        for part, values in (
            ("model", flat(self.model)),
            ("optimizer", optimizer),
            ("average", average),
            ("best", best),
        ):
            arrays |= {f"{part}:{name}": value for name, value in values.items()}
        self.state.save(arrays, numbers)


def flat(model: Module) -> Parameters:
    """The trainable parameters by name."""
    return dict(tree_flatten(model.trainable_parameters()))


def _part(arrays: Mapping[str, mx.array], part: str) -> Parameters:
    return {name.removeprefix(f"{part}:"): array for name, array in arrays.items() if name.startswith(f"{part}:")}
