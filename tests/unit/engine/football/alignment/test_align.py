"""Alignment on level curves made here: a bed that wanders, cries that follow most events, and many that follow none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.core.errors import ExitCode, UsageError
from engine.core.grid import HOP_S, MEL_BANDS
from engine.football.alignment.align import align, resolve
from engine.football.alignment.result import AlignmentRefused
from engine.football.events import EventKind, MatchEvent, MatchEvents, Period, Shots
from engine.football.match_clock import MatchClock

LAG_S = 0.8
LENGTHS_S = {1: 2800.0, 2: 2900.0}
CLOCK = MatchClock({1: 640.0, 2: 640.0 + 2800.0 + 930.0})
FRAMES = int((CLOCK.sound_s(2, LENGTHS_S[2]) + 200.0) / HOP_S)
CROWD, WHISTLE = slice(7, 20), 37
ANSWERED = {EventKind.GOAL: 1.0, EventKind.SHOT: 0.6, EventKind.FOUL: 0.1}


def drawn_match(seed: int, shots: int = 12, fouls: int = 12) -> MatchEvents:
    rng = np.random.default_rng(seed)
    events = [
        MatchEvent(period, float(rng.uniform(20, length_s - 20)), kind, xg=0.15 if kind is not EventKind.FOUL else None)
        for period, length_s in LENGTHS_S.items()
        for kind, count in ((EventKind.SHOT, shots), (EventKind.GOAL, 1), (EventKind.FOUL, fouls))
        for _ in range(count)
    ]
    return MatchEvents(
        match_id="drawn", home="Northtown", away="Southport", date="", competition="", score=None,
        periods=tuple(Period(number, length_s) for number, length_s in LENGTHS_S.items()),
        events=tuple(sorted(events, key=lambda event: (event.period, event.clock_s))),
        source="", attribution="", shots=Shots.WITH_XG,
    )  # fmt: skip


def sound_of(match: MatchEvents, clock: MatchClock = CLOCK, seed: int = 9, frames: int = FRAMES) -> NDArray[np.float32]:
    """Log-mel of a crowd that answers most of what it should, and cries out 60 times for no reason."""
    rng = np.random.default_rng(seed)
    mel = (rng.normal(-50.0, 1.5, (frames, MEL_BANDS)) + 2.0 * np.sin(np.arange(frames) / 9000.0)[:, None]).astype(
        np.float32
    )

    def cry(t_s: float, height_db: float) -> None:
        first = int(t_s / HOP_S)
        shape = np.concatenate([np.linspace(0, 1, 20), np.linspace(1, 0, int(height_db / 3 / HOP_S))])
        length = max(0, min(len(shape), frames - first))
        if first >= 0:
            mel[first : first + length, CROWD] += (height_db * shape[:length, None]).astype(np.float32)

    for event in match.events:
        t_s = clock.sound_s(event.period, event.clock_s)
        if rng.random() < ANSWERED[event.kind]:
            cry(t_s + LAG_S + rng.normal(0, 0.3), 15.0 if event.kind is EventKind.GOAL else 9.0)
        if event.kind is EventKind.FOUL and t_s > 0 and rng.random() < 0.7:
            mel[int((t_s + 0.5) / HOP_S) :][:10, WHISTLE] += 15.0
    for t_s in rng.uniform(0, frames * HOP_S - 20, 60):
        cry(float(t_s), 9.0)
    return mel


def off_by(found: dict[int, float]) -> float:
    return max(abs(found[number] - CLOCK.kick_off_s[number]) for number in CLOCK.kick_off_s)


MATCH = drawn_match(1)


@cache
def sound() -> NDArray[np.float32]:
    """Of ``MATCH``."""
    return sound_of(MATCH)


class TestFinding:
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_both_kick_offs_within_two_seconds(self, seed: int) -> None:
        match = drawn_match(seed)
        found = align(sound_of(match, seed=seed), match)
        assert found.method == "measured" and off_by(dict(found.kick_off_s)) < 2.0
        assert found.confidence is not None and found.confidence > 0.999
        assert found.lag_s == pytest.approx(LAG_S, abs=0.6)

    @pytest.mark.parametrize("gain_db", [-30.0, 20.0])
    def test_the_level_of_the_recording_makes_no_difference(self, gain_db: float) -> None:
        louder = align((sound() + np.float32(gain_db)).astype(np.float32), MATCH)
        assert louder.kick_off_s == align(sound(), MATCH).kick_off_s

    def test_a_recording_that_starts_after_the_kick_off(self) -> None:
        late = MatchClock({number: t_s - 700.0 for number, t_s in CLOCK.kick_off_s.items()})
        found = align(sound_of(MATCH, late), MATCH)
        assert found.kick_off_s[1] == pytest.approx(-60.0, abs=2.0)

    def test_extra_time_is_found_with_the_halves(self) -> None:
        rng = np.random.default_rng(5)
        extra = [
            MatchEvent(number, float(clock_s), EventKind.SHOT, xg=0.3)
            for number in (3, 4)
            for clock_s in np.sort(rng.uniform(20.0, 900.0, 14))
        ]
        longer = replace(MATCH, periods=(*MATCH.periods, Period(3, 930.0), Period(4, 920.0)),
                         events=(*MATCH.events, *extra))  # fmt: skip
        third_s = CLOCK.sound_s(2, LENGTHS_S[2]) + 300.0
        clock = MatchClock({**CLOCK.kick_off_s, 3: third_s, 4: third_s + 930.0 + 90.0})
        frames = int((clock.sound_s(4, 920.0) + 60.0) / HOP_S)
        found = align(sound_of(longer, clock, frames=frames), longer)
        assert found.kick_off_s == {number: pytest.approx(t_s, abs=2.0) for number, t_s in clock.kick_off_s.items()}

    def test_the_same_seed_gives_the_same_answer(self) -> None:
        assert align(sound(), MATCH, seed=4) == align(sound(), MATCH, seed=4)


class TestRefusal:
    def test_another_matchs_events_are_refused_with_what_to_do(self) -> None:
        with pytest.raises(AlignmentRefused, match="does not fit these events") as caught:
            align(sound(), drawn_match(2))
        assert "--kickoff" in caught.value.hint and "--second-half none" in caught.value.hint
        assert caught.value.exit_code is ExitCode.INPUT

    def test_a_sound_without_a_match_is_refused(self) -> None:
        noise = np.random.default_rng(3).normal(-50, 3, (FRAMES, MEL_BANDS)).astype(np.float32)
        with pytest.raises(AlignmentRefused):
            align(noise, MATCH)

    def test_digital_silence_is_refused(self) -> None:
        with pytest.raises(AlignmentRefused):
            align(np.full((FRAMES, MEL_BANDS), -100.0, np.float32), MATCH)

    def test_a_match_without_events_is_refused(self) -> None:
        with pytest.raises(AlignmentRefused):
            align(sound(), replace(MATCH, events=()))

    def test_a_recording_much_shorter_than_the_match_is_refused(self) -> None:
        with pytest.raises(AlignmentRefused):
            align(sound()[:2000], MATCH)


class TestByHand:
    def test_what_a_person_says_stands(self) -> None:
        found = resolve(sound(), drawn_match(2), {1: 10.0, 2: 3900.0})
        assert found.kick_off_s == {1: 10.0, 2: 3900.0} and found.method == "by hand"

    def test_one_kick_off_given_the_other_is_found(self) -> None:
        found = resolve(sound(), MATCH, {1: CLOCK.kick_off_s[1]})
        assert found.kick_off_s[1] == pytest.approx(CLOCK.kick_off_s[1], abs=0.2) and off_by(dict(found.kick_off_s)) < 2

    def test_a_half_that_was_not_recorded_is_left_out(self) -> None:
        assert resolve(sound(), MATCH, {1: None, 2: 50.0}).kick_off_s == {2: 50.0}
        with pytest.raises(UsageError, match="no period is left"):
            resolve(sound(), MATCH, {1: None, 2: None})

    def test_only_the_first_half_was_recorded(self) -> None:
        found = resolve(sound()[: int(3500 / HOP_S)], MATCH, {2: None})
        assert found.kick_off_s == {1: pytest.approx(CLOCK.kick_off_s[1], abs=2.0)}
