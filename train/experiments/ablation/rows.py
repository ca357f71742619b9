"""The rows of the ablation: one choice made otherwise in each, and the short training that all get."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal

import numpy as np

from engine.model.encoder import EncoderConfig
from engine.model.front_end import FrontEndConfig
from engine.simulator.match import Score
from engine.simulator.venue import draw_venue
from train.data.labels import Danger, GoalWindow, Rule
from train.data.simulation_plans import Plan, with_people
from train.fit.settings import FitSettings

STEPS: Final = 100
SEGMENTS: Final = FitSettings().segments
_PEOPLE_SHARE: Final = 0.5
"""Of the simulated reels of the row with crowds of single people."""
Recorded = Literal["no", "yes", "with groups"]


@dataclass(frozen=True, slots=True)
class Row:
    """One choice made otherwise. ``keep`` says which plans are trained on, and how they are drawn.

    ``laid_over``: with real sounds laid over the others. ``recorded``: with reels of simulated cries among recorded
    sounds, in which cries and applause may be recorded people, in groups or whole crowds, as well. ``told``: a tagger
    says what it hears in these reels.
    """

    name: str
    change: Callable[[FitSettings], FitSettings] = lambda settings: settings
    rule: Rule = field(default_factory=Danger)
    keep: Callable[[list[Plan]], list[Plan]] = lambda plans: plans
    laid_over: bool = False
    recorded: Recorded = "no"
    told: bool = False


def _head(readout: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, head=replace(settings.head, readout=readout))


def _front_end(kind: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, front_end=FrontEndConfig(kind))


def _encoder(**changes: Any) -> Callable[[FitSettings], FitSettings]:
    return lambda settings: replace(settings, encoder=EncoderConfig(**changes))


def _as_it_began(settings: FitSettings) -> FitSettings:
    """One channel, wider at the end, and of a window nothing but the mean of all bands and all columns."""
    began = _encoder(channels=(32, 64, 128, 128), band_bias=False, pool="mean", recent_columns=0)
    return began(_front_end("level")(settings))


def _without_average(settings: FitSettings) -> FitSettings:
    columns = settings.columns and replace(settings.columns, ema=0.0)
    fine_tune = settings.fine_tune and replace(
        settings.fine_tune, schedule=replace(settings.fine_tune.schedule, ema=0.0)
    )
    return replace(settings, schedule=replace(settings.schedule, ema=0.0), columns=columns, fine_tune=fine_tune)


def _without_its_word(settings: FitSettings) -> FitSettings:
    """Where a tagger was asked when the sounds were drawn, nothing is learned from it."""
    return replace(settings, taggers=0.0)


def _one_venue(plans: list[Plan]) -> list[Plan]:
    """The same matches and reels, all in one ground."""
    seed = plans[0].seed
    return [replace(plan, name=f"{plan.name}-one-venue", score=partial(_moved, plan, seed)) for plan in plans]


def _moved(plan: Plan, seed: int) -> Score:
    return replace(plan.score(), venue=draw_venue(np.random.default_rng(seed)))


def _is_reel(plan: Plan) -> bool:
    return plan.name.startswith("reel-")


def _of_people(plans: list[Plan]) -> list[Plan]:
    """Half of the simulated reels with crowds, applause and chants of single people."""
    return [with_people(plan, _PEOPLE_SHARE) if _is_reel(plan) else plan for plan in plans]


def _with_groups(plans: list[Plan]) -> list[Plan]:
    """By another name, since the same seeds draw other reels where groups of people are among the recordings."""
    return [replace(plan, name=f"{plan.name}-groups") if plan.recorded else plan for plan in plans]


ROWS: Final = (
    Row("as shipped"),
    Row("readout mean", _head("mean")),
    Row("readout attention", _head("attention")),
    Row("front end: level alone", _front_end("level")),
    Row("front end: background alone", _front_end("background")),
    Row("mean over the bands", _encoder(pool="mean")),
    Row("the shape it began with", _as_it_began),
    Row("twice the channels", _encoder(channels=(64, 128, 128, 128))),
    Row("no noise on what the stem sees", lambda settings: replace(settings, noise=0.0)),
    Row("no first stage on pieces", lambda settings: replace(settings, columns=None)),
    Row("no last stage of the head", lambda settings: replace(settings, fine_tune=None)),
    Row("not taught what sounds after the pieces", lambda settings: replace(settings, tags=0.0)),
    Row("no reels", keep=lambda plans: [plan for plan in plans if not _is_reel(plan)]),
    Row("cross-entropy instead of focal loss", lambda settings: replace(settings, gamma=0.0)),
    Row("no moving average of the weights", _without_average),
    Row("hard negatives", lambda settings: replace(settings, fold_steps=max(1, settings.schedule.steps // 2))),
    Row("taught by the label alone", lambda settings: replace(settings, cries=None)),
    Row("goal-window labels", lambda settings: replace(settings, cries=None), rule=GoalWindow()),
    Row("one simulated ground", keep=_one_venue),
    Row("crowds of single people in half of the reels", keep=_of_people),
    Row("real sounds laid over", laid_over=True),
    Row("recorded sounds among the reels", _without_its_word, recorded="yes"),
    Row("the same with a tagger as second teacher", recorded="yes", told=True),
    Row("recorded groups of people as well", _without_its_word, keep=_with_groups, recorded="with groups"),
)


def settings_for(row: Row, seed: int, steps: int = STEPS, segments: int = SEGMENTS) -> FitSettings:
    """The short training that every row gets, with the row's change: ``steps`` of each stage, twice that of the head's
    last; ``segments`` a batch, and as much less of all else in one."""
    usual = FitSettings(seed=seed, fold_steps=0, folds=3)
    usual = _smaller(usual, segments) if segments != usual.segments else usual
    short = replace(usual.schedule, steps=steps, check_every=steps)
    columns = usual.columns and replace(usual.columns, steps=steps)
    fine_tune = usual.fine_tune and replace(
        usual.fine_tune, copies=1, schedule=replace(usual.fine_tune.schedule, steps=2 * steps, check_every=2 * steps)
    )
    return row.change(replace(usual, schedule=short, columns=columns, fine_tune=fine_tune))


def _smaller(usual: FitSettings, segments: int) -> FitSettings:
    def part(count: int) -> int:
        return max(2, count * segments // usual.segments)

    return replace(
        usual,
        segments=segments,
        histories=part(usual.histories),
        crops=replace(usual.crops, stretches=part(usual.crops.stretches)),
        fine_tune=usual.fine_tune and replace(usual.fine_tune, histories=part(usual.fine_tune.histories)),
    )
