"""Made-up matches whose danger can be heard: a few bands stand out while it lasts."""

import numpy as np

from engine.core import grid
from engine.football.events import EventKind, RecordedEvent
from engine.football.match_clock import MatchOnSound
from engine.simulator.truth import Sounding
from train.data.labels import Danger
from train.data.matches import TrainingMatch, window_ends
from train.fit.sampling.augmentation import Augmentation


def made_up_match(name: str, seed: int, minutes: float = 3.0, simulated: bool = False, goals: int = 2) -> TrainingMatch:
    """Noise with ``goals`` goals, each answered by ten loud seconds in the middle bands."""
    rng = np.random.default_rng(seed)
    frames = int(minutes * 60 / grid.HOP_S)
    mel = rng.normal(-50.0, 2.0, (frames, grid.MEL_BANDS)).astype(np.float32)
    times_s = np.linspace(70.0, minutes * 60 - 45.0, goals) + rng.uniform(-3, 3, goals) if goals else np.zeros(0)
    sounds = []
    for t_s in times_s.tolist():
        mel[int(t_s / grid.HOP_S) : int((t_s + 10) / grid.HOP_S), 20:40] += 25.0
        sounds.append(Sounding("roar", t_s, t_s + 1, t_s + 10, 12.0, "goal"))
    on_sound = MatchOnSound(
        tuple(RecordedEvent(t_s, EventKind.GOAL, xg=0.5) for t_s in times_s.tolist()), ((0.0, minutes * 60),)
    )
    labels = Danger().apply(on_sound, window_ends(frames))
    return TrainingMatch(
        name,
        frames,
        on_sound,
        labels,
        lambda a, b: mel[a:b],
        f"digest-{seed}",
        simulated,
        tuple(sounds) if simulated else (),
    )


NO_AUGMENTATION = Augmentation(0.0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
