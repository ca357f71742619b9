"""A simulated broadcast on disk: exact times, the same bytes again, labels that fit, refusals."""

import json
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from engine.app.simulate_broadcast import BroadcastWanted, plan_halves, simulate_broadcast, write_game
from engine.core import grid
from engine.core.errors import UsageError
from engine.football.json_document import read_json
from engine.football.soccernet import Spot, load_labels
from engine.football.soccernet_spots import labelled_spots
from engine.simulator.broadcast.broadcast import SimulatedBroadcast
from engine.simulator.match import SimulatedMatch

WANTED = BroadcastWanted(seed=11, minutes=0.5, fps=5)
SPOTS = [
    Spot(half, 1000 * t, label)
    for half in (1, 2)
    for t, label in ((600, "Foul"), (615, "Goal"), (622, "Kick-off"), (700, "Corner"))
]


def untold(step, done, total, note=""):
    pass


@contextmanager
def nobody_told():
    yield untold


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("league") / "game"
    write_game(WANTED, SPOTS, False, folder, untold)
    return folder


def drawn(half: int) -> SimulatedBroadcast:
    return SimulatedBroadcast(plan_halves(WANTED, SPOTS, False)[half - 1], WANTED.fps, WANTED.size)


def test_every_frame_stands_at_its_exact_time_and_shows_what_was_drawn(game: Path):
    planned = drawn(1)
    with av.open(str(game / "1_90p.mp4")) as opened:
        frames = list(opened.decode(video=0))
    assert [frame.time for frame in frames] == [n / 5 for n in range(150)]
    assert (frames[0].width, frames[0].height) == (160, 90)
    for n in (0, 70, 149):
        difference = np.abs(frames[n].to_ndarray(format="rgb24").astype(int) - planned.frame(n))
        assert difference.mean() < 12.0


def test_the_sound_begins_with_the_picture_and_is_the_simulators(game: Path):
    with av.open(str(game / "2_90p.mp4")) as opened:
        frames = list(opened.decode(audio=0))
    assert frames[0].time == pytest.approx(0.0, abs=1e-3)
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    made = np.concatenate(list(SimulatedMatch(drawn(2).sound()).chunks()))
    assert frames[0].sample_rate == grid.SAMPLE_RATE_HZ
    assert len(heard) == pytest.approx(len(made), abs=1024)
    length = 2**17
    match = np.fft.irfft(np.fft.rfft(heard[:length]) * np.conj(np.fft.rfft(made[:length])))
    assert int(np.argmax(match)) in (0, 1, length - 1)


def test_the_same_seed_writes_the_same_bytes(game: Path, tmp_path: Path):
    write_game(WANTED, SPOTS, False, tmp_path / game.name, untold)
    for file in sorted(game.iterdir()):
        assert (tmp_path / game.name / file.name).read_bytes() == file.read_bytes(), file.name
        assert file.stat().st_mode & 0o777 == 0o600


def test_labels_are_read_as_soccernets_and_are_what_was_drawn(game: Path):
    labelled = labelled_spots(read_json(game / "Labels-v2.json", 10**6), 2)
    assert labelled.says_visibility
    truth = [json.loads((game / f"{half}_broadcast.json").read_text()) for half in (1, 2)]
    told = [(row["half"], one["t_s"], one["label"], one["shown"]) for row in truth for one in row["happenings"]]
    assert [(s.half, s.position_ms / 1000, s.label, s.shown) for s in labelled.spots] == told
    assert all(row["simulated"] for row in truth) and truth[0]["scoreboard"][-1]["goal_s"] is not None
    assert len(load_labels(game / "Labels-v2.json").goals) == 2  # the file's own score fits


def test_the_second_half_goes_on_from_the_score_of_the_first():
    first, second = plan_halves(WANTED, SPOTS, False)
    assert first.before == (0, 0) and sum(second.before) == 1


def test_a_broadcast_of_labels_and_one_of_a_drawn_match(game: Path, tmp_path: Path):
    played = BroadcastWanted(11, game / "Labels-v2.json", 0.5, 1)
    simulate_broadcast(played, tmp_path / "again", nobody_told)
    simulate_broadcast(BroadcastWanted(12, None, 0.5, 1), tmp_path / "drawn", nobody_told)
    assert len(labelled_spots(read_json(tmp_path / "drawn" / "Labels-v2.json", 10**6), 2).spots) > 0
    with pytest.raises(UsageError, match="there already"):
        simulate_broadcast(played, tmp_path / "again", nobody_told)


@pytest.mark.parametrize(("minutes", "spots"), [(0.1, SPOTS), (90.0, SPOTS), (1.0, SPOTS[:4])])
def test_what_makes_no_broadcast_is_refused(minutes, spots, tmp_path: Path):
    with pytest.raises(UsageError):
        write_game(BroadcastWanted(0, None, minutes), spots, False, tmp_path / "game", untold)
    assert not (tmp_path / "game").exists()
