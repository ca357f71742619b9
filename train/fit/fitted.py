"""The last step of every training: calibration, thresholds, and weights with what was measured of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.core import grid
from engine.live.spike_detector import SpikeSettings
from engine.model.calibration import Calibration, undo_prior
from engine.model.checkpoint import WeightsConfig, parameters
from engine.model.network import MlxNetwork
from train.data.labels import Rule
from train.data.matches import danger_share
from train.fit.calibration import (
    BUDGETS,
    FURTHER_BUDGETS,
    MOST_AT_REST,
    NEVER,
    OnReels,
    calibrate,
    choose_thresholds,
    on_reels,
    operating_rows,
)
from train.fit.compare_weights import Compared
from train.fit.predict import load_parameters, predict
from train.fit.settings import FitSettings
from train.fit.tags import calibrated_tags
from train.fit.training_data import TrainingData
from train.fit.validation import check_figures
from train.metrics.threshold_sweep import OperatingPoint


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained network with its configuration, and what was measured on the matches it was validated on.

    ``compared`` is how it did beside the weights it came from; None where it came from none.
    """

    config: WeightsConfig
    network: MlxNetwork
    compared: Compared | None = None


def calibrated_weights(trained: MlxNetwork, data: TrainingData, rule: Rule, settings: FitSettings, name: str) -> Fitted:
    """Calibrate ``trained`` and choose its thresholds on the matches of ``data`` to validate on."""
    network, val_matches, true_share = as_served(trained, settings), data.val_matches, data.true_share
    predicted = predict(network, val_matches)
    offset = undo_prior(settings.trained_share, true_share)
    calibration = calibrate(predicted, offset)
    line = alarm_line(network, calibration, data, rule)
    measured = {
        "on": "matches of the same kind that were not learned from",
        "matches": len(val_matches),
        "hours": round(sum(match.frames for match in val_matches) * grid.HOP_S / 3600.0, 2),
        "learned_from_matches": len(data.train_matches),
        "hard_negatives": len(data.hard_moments),
        "share_of_danger": round(danger_share(val_matches), 5),
        **{key: round(value, 4) for key, value in check_figures(predicted).items()},
        **line.measured,
    }
    config = WeightsConfig(
        name=name,
        trained=True,
        label_rule=rule.name,
        front_end=network.front_end,
        encoder=settings.encoder,
        head=settings.head,
        calibration=rounded(calibration),
        spikes=line.spikes,
        operating_points=line.operating_points,
        measured=measured,
        seen=data.marks,
        tags=None if network.tags is None else calibrated_tags(network, data.val_reels or val_matches),
    )
    return Fitted(config, network)


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """When an alarm begins and ends, the lines to choose among, and what is to be said of the choice."""

    spikes: SpikeSettings
    operating_points: tuple[dict[str, Any], ...]
    measured: dict[str, Any]


def alarm_line(network: MlxNetwork, calibration: Calibration, data: TrainingData, rule: Rule) -> AlarmLine:
    """The line for a network as it is served, by live readings of the val matches and the val reels of ``data``."""
    live = predict(network, data.val_matches, grid.READING_FRAMES)
    reels = predict(network, data.val_reels, grid.READING_FRAMES)
    spikes, points = choose_thresholds(live, calibration, rule, SpikeSettings(), reels)

    def on_real(threshold: float) -> OnReels:
        return on_reels(reels, calibration, spikes, [threshold])[0]

    return AlarmLine(
        replace(spikes, on=round(spikes.on, 4), off=round(spikes.off, 4)),
        operating_rows(points, on_real if reels else None),
        alarm_note(points, spikes) | ({"real_reels": reel_note(on_real(spikes.on), data)} if reels else {}),
    )


def as_served(network: MlxNetwork, settings: FitSettings) -> MlxNetwork:
    """The same network behind the front end that it is shipped with."""
    front_end = replace(settings.front_end, floor_db=settings.served_floor_db)
    served = MlxNetwork(front_end, settings.encoder, settings.head, settings.seed, network.tags_config)
    load_parameters(served, parameters(network))
    return served


def reel_note(heard: OnReels, data: TrainingData) -> dict[str, float]:
    """What the alarm line does on the real reels that it was chosen by."""
    return {
        "hours": round(sum(reel.frames for reel in data.val_reels) * grid.HOP_S / 3600.0, 2),
        "cries_found": round(heard.cries_found, 6),
        "false_per_hour": round(heard.false_per_hour, 4),
    }


def alarm_note(points: Mapping[int, OperatingPoint], spikes: SpikeSettings) -> dict[str, str]:
    """What is to be said where no threshold was good enough; ``spikes`` are not rounded."""
    if spikes.on >= NEVER:
        return {"alarms": f"none: above every line the index spends more than {MOST_AT_REST:.0%} of the rest"}
    offered = {b: point for b, point in points.items() if b not in FURTHER_BUDGETS or point.threshold >= spikes.on}
    if any(point.recall > 0 for point in offered.values()):
        return {}
    if points:
        most = max(offered, default=max(BUDGETS))
        return {"alarms": f"no danger was caught here with at most {most} false alarms a match; judge on more"}
    return {"alarms": f"no threshold gave at most {max(BUDGETS)} false alarms a match; expect more"}


def rounded(calibration: Calibration) -> Calibration:
    return replace(calibration, slope=round(calibration.slope, 6), offset=round(calibration.offset, 6))
