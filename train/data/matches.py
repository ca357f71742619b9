"""The matches that training sees, from the library or the simulator, each with its labels on the frame grid."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.audio.log_mel import Frames
from engine.core import grid
from engine.core.errors import InputError
from engine.football.match_clock import MatchOnSound, on_sound
from engine.model.checkpoint import SEEN_DIGITS
from engine.simulator.truth import Sounding
from train.data.labels import Labels, Rule
from train.data.library import Library
from train.data.match_folder import StoredMatch
from train.data.reviews import Reviewed, review_labels
from train.data.simulated import KINDS, SimulatedRecording

LEAST_MATCHES: Final = 3
"""One to learn from, one to stop by, one more so that neither is the only one of its kind."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingMatch:
    """A match ready to be trained on.

    ``ends`` are the ends of all its windows with a full history, one window hop apart; ``labels`` speak of them.
    ``read`` gives frames (n, MEL_BANDS) in dB from one frame to another. ``sounds`` is what the simulator let sound,
    empty where nobody knows (``simulated`` False); ``recorded`` when those that are no cry are real recordings.
    ``heard`` is what a tagger says (``train/data/tagger_as_teacher.py``), None where none was asked. ``reviews`` are
    what people said of the spikes of a session, in seconds of this sound; a match has none.
    """

    id: str
    frames: int
    on_sound: MatchOnSound
    labels: Labels
    read: Callable[[int, int], Frames]
    digest: str
    simulated: bool = False
    sounds: tuple[Sounding, ...] = field(default=())
    reviews: tuple[Reviewed, ...] = field(default=())
    recorded: bool = False
    heard: NDArray[np.float32] | None = None

    @property
    def ends(self) -> NDArray[np.int64]:
        return self.labels.ends

    def end_times_s(self) -> NDArray[np.float64]:
        """The last moment that each of ``ends`` has sound."""
        return grid.end_time_s(self.ends)

    @property
    def mark(self) -> str:
        """What weights keep of a match that they have seen."""
        return self.digest[:SEEN_DIGITS]

    def tags(self, first: int, last: int) -> NDArray[np.bool_]:
        """Which of ``KINDS`` sound in each of the frames ``first`` to ``last``: (frames, kinds)."""
        tags = np.zeros((last - first, len(KINDS)), bool)
        for sound in self.sounds:
            begin = int(sound.onset_s / grid.HOP_S) - first
            end = int(np.ceil(sound.end_s / grid.HOP_S)) - first
            if end > 0 and begin < last - first:
                tags[max(begin, 0) : end, KINDS.index(sound.kind)] = True
        return tags


def window_ends(frames: int) -> NDArray[np.int64]:
    """Ends of all windows with a full history in ``frames`` frames: the multiples of the window hop, as in a stream."""
    hop = grid.WINDOW_HOP_FRAMES
    return np.arange(-(-grid.HISTORY_FRAMES // hop) * hop, frames + 1, hop, dtype=np.int64)


def from_simulation(recording: SimulatedRecording, rule: Rule) -> TrainingMatch:
    """A simulated match with the labels of ``rule``, made from its events as from any other match's."""
    return TrainingMatch(
        recording.id,
        recording.frames,
        recording.on_sound,
        rule.apply(recording.on_sound, window_ends(recording.frames)),
        recording.mel,
        recording.sha256,
        simulated=True,
        sounds=recording.sounds,
        recorded=recording.recorded,
        heard=recording.heard,
    )


LeaveOut = Callable[[str, InputError], None]
"""Told the id of a match that can't be used, and why."""


def from_library(library: Library, rule: Rule, names: Sequence[str], leave_out: LeaveOut) -> list[TrainingMatch]:
    """The matches called ``names``, or all there are, with labels; those that can't be used are told to ``leave_out``.

    A match can't be used where nobody knows its kick-offs, its files are damaged, or its events can't carry the rule.
    Reviewed sessions are no matches. Raises ``InputError`` for a name that fits no match, and where there are matches
    and none of them can be used.
    """
    found = _usable(_ids(library, names), lambda match_id: [_match(library, rule, match_id)], leave_out)
    _check_alike(library, found)
    return found


def with_reviews(
    library: Library, rule: Rule, names: Sequence[str], leave_out: LeaveOut
) -> tuple[list[TrainingMatch], list[TrainingMatch]]:
    """As ``from_library``, and beside the matches the reviewed sessions, one for each stretch of unbroken sound.

    What a session's reviews do not speak of has weight 0, whatever the rule.
    """

    def taken(match_id: str) -> list[TrainingMatch]:
        stored = library.match(match_id)
        return _reviewed(stored) if stored.manifest.is_session else [_match(library, rule, match_id)]

    found = _usable(_ids(library, names), taken, leave_out)
    _check_alike(library, found)
    return [one for one in found if not one.reviews], [one for one in found if one.reviews]


def _ids(library: Library, names: Sequence[str]) -> list[str]:
    entries = [library.find(name) for name in names] or library.entries()
    return list(dict.fromkeys(entry.id for entry in entries))


def _usable(ids: Sequence[str], take: Callable[[str], list[TrainingMatch]], leave_out: LeaveOut) -> list[TrainingMatch]:
    found: list[TrainingMatch] = []
    faults: list[InputError] = []
    for match_id in ids:
        try:
            found += take(match_id)
        except InputError as fault:
            faults.append(fault)
            leave_out(match_id, fault)
    if faults and not found:
        raise faults[0]
    return found


def _check_alike(library: Library, found: Sequence[TrainingMatch]) -> None:
    """Raise ``InputError`` where some were heard without their voices and others were not: two kinds of sound."""
    ids = dict.fromkeys(one.id.partition("~")[0] for one in found)
    apart = {name: library.match(name).manifest.provenance.separation is not None for name in ids}
    if len(set(apart.values())) > 1:
        without = [name for name, separated in apart.items() if separated]
        raise InputError(
            f"{len(without)} of {len(apart)} matches were heard without their voices, such as {without[0]}",
            "Name matches of one kind, or ingest the others again with --replace: with --separate, or without it.",
        )


def _match(library: Library, rule: Rule, match_id: str) -> TrainingMatch:
    stored = library.match(match_id)
    if stored.manifest.is_session:
        raise InputError("it is a session with reviews, no match", "'momentum train head' learns from its reviews.")
    if stored.alignment is None:
        raise InputError(
            "nobody knows where its kick-offs lie",
            f"'momentum library align {match_id}' finds them, or takes them by hand.",
        )
    stored.verify()
    rule.check(stored.events)
    placed = on_sound(stored.events, stored.alignment.clock)
    return TrainingMatch(
        match_id,
        stored.frames,
        placed,
        rule.apply(placed, window_ends(stored.frames)),
        stored.mel,
        stored.manifest.features_sha256,
    )


def _reviewed(stored: StoredMatch) -> list[TrainingMatch]:
    """The stretches of a session that hold a reviewed spike, each as a match of its own without play."""
    stored.verify()
    manifest = stored.manifest
    found = []
    for number, stretch in enumerate(manifest.stretches):
        reviews = [review for review in manifest.reviews if stretch.holds(review)]
        if not reviews:
            continue
        moved = tuple(stretch.moved(review) for review in reviews)
        said = hashlib.sha256(repr(moved).encode()).hexdigest()
        found.append(
            TrainingMatch(
                f"{stored.id}~{number}",
                stretch.frames,
                MatchOnSound((), ()),
                review_labels(moved, window_ends(stretch.frames)),
                partial(_frames_of, stored, stretch.first),
                f"{manifest.features_sha256[:SEEN_DIGITS]}-{said}",
                reviews=moved,
            )
        )
    return found


def _frames_of(stored: StoredMatch, first: int, start: int, stop: int) -> Frames:
    return stored.mel(first + start, first + stop)


def check_enough(matches: Sequence[TrainingMatch]) -> None:
    """Raise ``InputError`` when nothing can be learned from these matches: too few of them, or of one class."""
    if len(matches) < LEAST_MATCHES:
        raise InputError(
            f"{len(matches)} match(es) are too few to learn from and to judge by",
            f"Bring in at least {LEAST_MATCHES} with 'momentum ingest', or train on simulated ones with --simulate.",
        )
    with_danger = sum(bool((match.labels.truth & (match.labels.weight > 0)).any()) for match in matches)
    with_calm = sum(bool(match.labels.negative.any()) for match in matches)
    for count, what in ((with_danger, "danger"), (with_calm, "calm")):
        if count < 2:
            raise InputError(
                f"only {count} of {len(matches)} matches hold any moment labelled {what}",
                "At least two need some, one to learn from and one to judge by: bring in more matches.",
            )


def danger_share(matches: Sequence[TrainingMatch]) -> float:
    """The share of moments within reach of danger, kept off 0 and 1; of matches, and not of reels without play."""
    played = [match for match in matches if match.on_sound.play]
    danger = sum(int(match.labels.truth.sum()) for match in played)
    return float(np.clip(danger / max(1, sum(len(match.ends) for match in played)), 1e-4, 0.5))


def split_folds(matches: Sequence[TrainingMatch], folds: int, seed: int) -> list[list[TrainingMatch]]:
    """Deal the matches out into ``folds`` of nearly the same number, each match in one.

    Matches with danger are dealt first, so that no fold goes without while another has many. The order depends on the
    ids and the seed alone, not on how the matches are listed.
    """

    def place(match: TrainingMatch) -> tuple[bool, str]:
        return (not match.labels.truth.any(), hashlib.sha256(f"{seed} {match.id}".encode()).hexdigest())

    dealt: list[list[TrainingMatch]] = [[] for _ in range(folds)]
    for i, match in enumerate(sorted(matches, key=place)):
        dealt[i % folds].append(match)
    return dealt
