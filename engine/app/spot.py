"""Events of a recording from its picture, its sound and what is said of it: what ``momentum spot`` does.

features -> model -> one late fusion with the commentary and the crowd's index -> events, and a session on demand
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.app.features_for_spotting import Making, gather
from engine.core.errors import MomentumError, UsageError, WeightsError
from engine.core.text import plain
from engine.core.weights_config_file import CONFIG_FILE
from engine.football.soccernet_files import half_of

if TYPE_CHECKING:
    from engine.core.run_protocols import Stop
    from engine.core.settings import Settings
    from engine.core.spotted import Lane, Spotted
    from engine.core.telling import Progress, Tell
    from engine.spotting.events import SpottedEvent
    from engine.spotting.late_fusion import HeardBeside
    from engine.spotting.weights import SpottingWeights

_TRAIN: Final = (
    "Train some: 'momentum features GAME/1_720p.mkv GAME/2_720p.mkv --video resnet50 --audio crowd', then "
    "'momentum train spotting FOLDER --features ResNET50 --audio Crowd --fusion late', then this command again."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be spotted in ``video``, and what else is heard for it.

    ``weights`` is a folder, or the name that a training gave them. ``commentary`` is a transcript whose times count
    from the beginning of the recording. ``crowd``: whether its index counts; None for where the weights read no sound
    themselves, since the same sound must not count twice. ``session``: keep one that can be replayed. ``kickoff`` and
    ``second_half`` are times in the recording, as a person writes them.
    """

    video: Path
    weights: str | None = None
    commentary: Path | None = None
    crowd: bool | None = None
    session: bool = False
    kickoff: str | None = None
    second_half: str | None = None


@dataclass(frozen=True, slots=True)
class MatchHalves:
    """Where the halves begin in the recording, by their number, in order."""

    starts_s: Mapping[int, float]

    def at(self, t_s: float) -> tuple[int, float] | None:
        """The half of a moment and the seconds since it began; None before all of them."""
        found = [(start_s, half) for half, start_s in self.starts_s.items() if start_s <= t_s]
        return (max(found)[1], t_s - max(found)[0]) if found else None


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """What came of it: ``events`` in the order of time, in seconds of the recording, which lasts ``lasts_s``.

    ``channels`` spoke, in this order; ``faults`` are what the recording broke off with, and why no session was kept.
    ``lanes`` are the curves of the channels, where a session is kept.
    """

    video: Path
    weights: str
    events: "tuple[SpottedEvent, ...]"
    channels: tuple[str, ...]
    halves: MatchHalves
    lasts_s: float
    session: str = ""
    lanes: "tuple[Lane, ...]" = ()
    faults: tuple[MomentumError, ...] = ()


def spot_video(
    wanted: Wanted, making: Making, read: "Callable[[], Settings]", progress: "Progress", tell: "Tell", stop: "Stop"
) -> Spots | None:
    """Spot the events of a recording; None where ``stop`` ended that before there were any.

    ``read`` gives the settings for the crowd's index and the session. ``tell`` hears which channel is missing.

    Raises:
        UsageError: kick-offs or weights that make no sense.
        WeightsError: weights are missing or wrong.
        InputError: the recording, or the transcript, can't be used.
    """
    from engine.app.convert_spotting_weights import FOLDER
    from engine.app.heard_beside import hear_crowd, words_beside
    from engine.core.paths import find_paths
    from engine.spotting.confidence_lanes import lanes_of
    from engine.spotting.late_fusion import spot_beside
    from engine.spotting.weights import load_spotting

    halves = halves_of(wanted.video, wanted.kickoff, wanted.second_half)
    weights = load_spotting(weights_folder(wanted.weights, find_paths().data / FOLDER))
    beside: dict[str, Mapping[str, HeardBeside]] = {}
    if wanted.commentary is not None:
        beside["words"] = words_beside(wanted.commentary, weights.config.labels, half_of(wanted.video))
    gathered = gather(wanted.video, weights.config, making, progress, tell, stop)
    if gathered is None:
        return None
    if gathered.broken is None:
        _check_halves(halves, gathered.lasts_s)
    for channel, fault in gathered.missing.items():
        tell(f"without {channel}: {fault.message}")
    counts = _crowd_counts(wanted.crowd, weights)
    crowd, faults = None, [gathered.broken]
    if wanted.session or counts:
        try:
            crowd = hear_crowd(wanted.video, read, wanted.session, gathered.lasts_s, progress, tell, stop)
            faults.append(crowd.fault)
        except MomentumError as fault:
            tell(f"without the crowd's index: {fault.message}")
            faults.append(fault if wanted.session else None)
        if stop.reason is not None:
            return None
    if crowd is not None and counts:
        beside["crowd"] = crowd.beside(weights.config.labels)
    events = spot_beside(gathered.tracks, weights, beside)
    session = crowd.session if crowd is not None else ""
    shown = [name for event in events for name in event.shares]
    return Spots(
        wanted.video,
        weights.config.name,
        tuple(events),
        tuple(dict.fromkeys(shown)),
        halves,
        gathered.lasts_s,
        session,
        tuple(lanes_of(gathered.tracks, weights, beside)) if session else (),
        tuple(fault for fault in faults if fault is not None)[:1],
    )


def keep_spotted(spots: Spots, least: float) -> int:
    """Keep the curves, and the events of at least ``least``, in the session of ``spots``; return how many events.

    Raises ``InputError``.
    """
    from engine.core.paths import find_paths
    from engine.session.spotted_lane_rows import add_lanes
    from engine.session.spotted_rows import add_spotted
    from engine.video.video_frames import sound_start_s

    start_s = sound_start_s(spots.video)  # a session counts from the beginning of its sound
    kept = [spotted_of(event, start_s) for event in spots.events if event.confidence >= least]
    folder = find_paths().sessions / spots.session
    add_spotted(folder, kept)
    add_lanes(folder, [lane_since(lane, start_s) for lane in spots.lanes])
    return len(kept)


def spotted_of(event: "SpottedEvent", start_s: float = 0.0) -> "Spotted":
    """As it is kept, in seconds since ``start_s``."""
    from engine.core.spotted import Spotted

    return Spotted(max(0.0, event.t_s - start_s), event.label, event.confidence, event.shares)


def lane_since(lane: "Lane", start_s: float) -> "Lane":
    """The lane in seconds since ``start_s``, without what came before."""
    t_s = lane.t_s - start_s
    return replace(lane, t_s=t_s[t_s >= 0], highest=lane.highest[t_s >= 0])


def halves_of(video: Path, kickoff: str | None, second_half: str | None) -> MatchHalves:
    """Where the halves begin; without being told, the recording is one half, the second where its name says so.

    Raises ``UsageError`` for times that are none, or in the wrong order.
    """
    from engine.core.parse_kick_offs import parse_kick_offs
    from engine.football.alignment.result import by_hand

    given = parse_kick_offs(kickoff, second_half, None)
    if not given:
        return MatchHalves({half_of(video) or 1: 0.0})
    starts = {half: start_s for half, start_s in ({1: 0.0} | given).items() if start_s is not None}
    return MatchHalves(by_hand(starts).kick_off_s)


def _check_halves(halves: MatchHalves, lasts_s: float) -> None:
    """Raises ``UsageError`` where a half begins after the recording has ended."""
    from engine.core.clock_text import clock_time

    for half, start_s in halves.starts_s.items():
        if start_s >= lasts_s:
            raise UsageError(
                f"half {half} would begin at {clock_time(start_s)}, and the recording ends at {clock_time(lasts_s)}",
                "Kick-offs are times in the recording, not on the match clock.",
            )


def weights_folder(name: str | None, trained: Path) -> Path:
    """The folder of the weights called ``name``: a path, or what was trained here under that name.

    Raises ``WeightsError`` where there are none, ``UsageError`` where none were named and there are several.
    """
    from engine.app.convert_spotting_weights import find_spotting

    if name is not None:
        return find_spotting(name, trained)
    found = sorted(config.parent for config in trained.glob(f"*/{CONFIG_FILE}"))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(plain(folder.name, 40) for folder in found)
        raise UsageError("there are several spotting weights.", f"Choose one: --weights {names}.")
    raise WeightsError("there are no spotting weights: none come with the program.", _TRAIN)


def _crowd_counts(asked: bool | None, weights: "SpottingWeights") -> bool:
    """Whether the crowd's index is a channel of its own: unless asked, not where the model reads the sound itself."""
    from engine.app.heard_beside import CROWD_CLASSES
    from engine.encoders.choices import BY_TITLE, OF_SOUND

    if not set(weights.config.labels) & CROWD_CLASSES:
        return False
    of_sound = tuple(title for title, name in BY_TITLE.items() if name in OF_SOUND)
    hears = any(channel.features.startswith(of_sound) for channel in weights.config.channels)
    return not hears if asked is None else asked
