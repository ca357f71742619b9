"""What is heard of a recording beside its features: the words of a commentary, and the crowd's index.

How each speaks of a class was fitted elsewhere, once, and stands here, for weights whose own fusion never saw it. The
words' rules are those beside a video model's published predictions of 100 real games, with the archive's words of the
same (``train/commentary/fusion/with_video.py``, all games at once). The crowd's is that of the simulated matches, for
goals alone (docs/commentary.md, "Crowd and words together"): no figure of a real match is in it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.core.errors import MomentumError
from engine.core.log_odds_fusion import ChannelRule, CurveChannel, Values, log_odds_of

if TYPE_CHECKING:
    from engine.core.run_protocols import ReadingSink, Stop
    from engine.core.settings import Settings
    from engine.core.signals import End, Event
    from engine.core.telling import Progress, Tell
    from engine.spotting.late_fusion import HeardBeside

WORDS_RULES: Final[Mapping[str, ChannelRule]] = {
    "Goal": ChannelRule(-0.5, 12.0, silent=-6.43, mean=-3.58, weight=0.92),
    "Substitution": ChannelRule(0.9, 12.0, silent=-6.44, mean=-3.59, weight=0.69),
    "Corner": ChannelRule(1.3, 12.0, silent=-6.36, mean=-3.14, weight=0.50),
    "Foul": ChannelRule(-1.2, 12.0, silent=-4.89, mean=-2.01, weight=0.81),
    "Offside": ChannelRule(-1.5, 6.0, silent=-6.43, mean=-4.48, weight=0.76),
    "Penalty": ChannelRule(5.1, 12.0, silent=-6.48, mean=-4.75, weight=0.93),
    "Shots on target": ChannelRule(0.3, 12.0, silent=-6.05, mean=-2.80, weight=0.82),
    "Shots off target": ChannelRule(0.4, 12.0, silent=-6.17, mean=-3.09, weight=0.75),
}
"""By SoccerNet-v2's classes."""
CROWD_RULE: Final = ChannelRule(offset_s=6.0, reach_s=6.0, silent=-5.2323, mean=-2.3468, weight=1.4797)
CROWD_CLASSES: Final = frozenset({"Goal", "soccer", "danger"})
_KIND_OF: Final = {"soccer": "Goal", "danger": "Goal", "subs": "Substitution"}
"""What of a commentary speaks of the classes of the other vocabularies."""
_STEP_S: Final = 0.5
_STEP_FRAMES: Final = 11
"""Between readings where none are kept: about half a second."""
_APART_S: Final = 20.0
_LIKELY: Final = 0.0
"""Log-odds of the index from which the crowd alone names a moment."""


def words_beside(transcript: Path, labels: Sequence[str], half: int | None = None) -> "dict[str, HeardBeside]":
    """What a commentary says of each of ``labels`` that its words can tell. ``half``: which one, where a file has both.

    Raises ``InputError`` where nothing can be told from it, ``WeightsError`` where the model of words is broken.
    """
    from engine.app.commentary import tell_events
    from engine.commentary.fusion_channel import words_channel
    from engine.spotting.late_fusion import HeardBeside

    told = tell_events(transcript, words=0, half=half)
    found = {}
    for label in labels:
        kind = _KIND_OF.get(label, label)
        if kind in told.weights.config.kinds and kind in WORDS_RULES:
            channel, named = words_channel(told.heard.logits, told.weights, kind)
            moments = np.array([t_s for t_s, _ in named], dtype=np.float64)
            found[label] = HeardBeside(channel, moments, WORDS_RULES[kind])
    return found


class CrowdCurve:
    """A sink that keeps the index of a whole recording; ``session`` is where it is kept too, if anywhere.

    ``start_s`` is when the sound begins in the recording.
    """

    def __init__(self, start_s: float, lasts_s: float, progress: "Progress", name: str, stop: "Stop") -> None:
        self.session = ""
        self.fault: MomentumError | None = None
        self._start_s, self._lasts_s = start_s, lasts_s
        self._progress, self._step, self._stop = progress, f"{name}, crowd's index", stop
        self._highest: list[float] = []
        self._run_stop: Stop | None = None
        self._began, self._told_s = monotonic(), -math.inf

    def follow(self, stop: "Stop") -> None:
        """End that run when the whole is to end."""
        self._run_stop = stop

    def write(self, event: "Event") -> None:
        """Keep the index of a reading: the highest of each half second."""
        from engine.core.signals import Reading

        if not isinstance(event, Reading):
            return
        if event.pressure is not None:
            step = int((event.t + self._start_s) / _STEP_S)
            self._highest += [math.nan] * (step + 1 - len(self._highest))
            self._highest[step] = np.nanmax([self._highest[step], event.pressure])
        if event.t - self._told_s >= 10.0:
            self._told_s = event.t
            speed = event.t / max(monotonic() - self._began, 1e-9)
            left_s = max(0.0, self._lasts_s - event.t) / max(speed, 1e-9)
            self._progress(self._step, event.t, self._lasts_s, f"{speed:.1f} x real time, {left_s:.0f} s left")

    def flush(self) -> None:
        """A chance to hear that all is to end."""
        if self._stop.reason is not None and self._run_stop is not None:
            self._run_stop.request(self._stop.reason)

    @property
    def log_odds(self) -> Values:
        """Of each half second of the recording; -inf where there is no index."""
        values = np.array(self._highest, dtype=np.float64)
        return np.where(np.isfinite(values), log_odds_of(np.nan_to_num(values)), -np.inf)

    def beside(self, labels: Sequence[str]) -> "dict[str, HeardBeside]":
        """The index as a channel of the classes that a crowd cries out for; it names the moments where it is high."""
        from engine.spotting.events import suppressed
        from engine.spotting.late_fusion import HeardBeside

        curve = self.log_odds
        named = [(row + 0.5) * _STEP_S for row, _ in sorted(suppressed(curve, _APART_S / _STEP_S, _LIKELY))]
        heard = HeardBeside(CurveChannel(curve, _STEP_S), np.array(named, dtype=np.float64), CROWD_RULE)
        return {label: heard for label in labels if label in CROWD_CLASSES} if len(curve) else {}


def hear_crowd(
    video: Path,
    read: "Callable[[], Settings]",
    keep: bool,
    lasts_s: float,
    progress: "Progress",
    tell: "Tell",
    stop: "Stop",
) -> CrowdCurve:
    """The index over a recording, by the loop that scores and records; ``keep`` it as a session.

    Of a recording that breaks off what came before; ``fault`` says so then. Raises ``MomentumError`` where nothing can
    be heard.
    """
    from engine.video.video_frames import sound_start_s

    curve = CrowdCurve(sound_start_s(video), lasts_s, progress, video.name, stop)
    with _run(video, read, keep, tell, curve) as listen:
        try:
            listen([curve])
        except MomentumError as fault:
            if not len(curve.log_odds):
                raise
            curve.fault = fault
    return curve


@contextmanager
def _run(
    video: Path, read: "Callable[[], Settings]", keep: bool, tell: "Tell", curve: CrowdCurve
) -> "Iterator[Callable[[Sequence[ReadingSink]], End]]":
    """What listens to the recording. Nobody else is told of a recording of long ago, whatever the settings say."""
    from engine.app.listen import Wanted, listening
    from engine.app.score import scoring
    from engine.core.publish_settings import PublishSettings

    if not keep:
        with scoring(str(video), read, tell, _STEP_FRAMES) as scored:
            curve.follow(scored.stop)
            yield scored.listen
        return
    alone = {"source": str(video.absolute()), "on_spike": None, "publish": PublishSettings(), "commentary": None}
    with listening(Wanted(read().model_copy(update=alone), speed=math.inf), tell) as run:
        curve.session = run.kept.session
        curve.follow(run.stop)
        yield run.listen
