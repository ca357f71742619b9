"""A reel of real sounds as training sees a recording: frames to read, and what sounds when, in the simulator's kinds.

For choosing an alarm line and for calibrating the tags, on reels whose sources are neither those that teach nor those
that judge.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from engine.audio.log_mel import LogMel
from engine.audio.media_file import MediaFile
from engine.core import grid
from engine.football.match_clock import MatchOnSound
from engine.simulator.sound_cues import Confuser, Reaction
from engine.simulator.truth import Sounding
from train.data.labels import Rule
from train.data.matches import TrainingMatch, window_ends
from train.data.real_sounds.reel_truth import Placed, read_truth

_KINDS: Final[Mapping[str, tuple[Reaction | Confuser, ...]]] = {
    "applause": (Reaction.APPLAUSE,),
    "boo": (Reaction.BOO,),
    "chant": (Reaction.CHANT,),
    "drum and chant": (Reaction.CHANT, Confuser.DRUMS),
    "song": (Confuser.PA_MUSIC,),
    "instrumental": (Confuser.PA_MUSIC,),
    "music": (Confuser.PA_MUSIC,),
    "speech": (Confuser.PA_SPEECH,),
    "whistle": (Confuser.WHISTLE,),
    "drums": (Confuser.DRUMS,),
    "fanfare": (Confuser.HORNS,),
    "horn": (Confuser.HORNS,),
}
"""What the groups of a reel are; a reaction is told by its words, and all others are surroundings."""
_BLOCK: Final = 1024 * grid.HOP


def kinds_of(clip: Placed) -> tuple[Reaction | Confuser, ...]:
    """The simulator's kinds that a clip of a reel is of."""
    if clip.group == "reaction":
        low = "ooh" in clip.what or "groan" in clip.what
        return (Reaction.OOH if low else Reaction.ROAR,)
    return _KINDS.get(clip.group, (Confuser.KNOCKS,))


def read_reel(sound: Path, rule: Rule) -> TrainingMatch:
    """The reel in ``sound`` with its truth beside it, held in memory. Raises ``InputError``."""
    truth = read_truth(sound)
    log_mel, source = LogMel(), MediaFile(sound, block_samples=_BLOCK)
    try:
        frames = np.concatenate([log_mel.push(block.samples) for block in source.blocks()])
    finally:
        source.close()
    on_sound = MatchOnSound((), ())
    return TrainingMatch(
        f"{sound.stem} (real)",
        len(frames),
        on_sound,
        rule.apply(on_sound, window_ends(len(frames))),
        lambda first, last: frames[first:last],
        hashlib.sha256(frames.tobytes()).hexdigest(),
        simulated=True,
        sounds=tuple(
            Sounding(kind.value, clip.onset_s, clip.onset_s, clip.end_s, clip.level_db)
            for clip in truth.clips
            for kind in kinds_of(clip)
        ),
        recorded=True,
    )
