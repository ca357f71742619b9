"""``momentum spot`` as its user meets it: a small film, seeded weights, and all that can be missing.

Over 300 lines, since the film and the weights are made once for all of it.
"""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import pytest

from engine.app.spot import halves_of
from engine.core.errors import UsageError
from engine.core.log_odds_fusion import ChannelRule, KindRule
from engine.core.made_by import MadeBy
from engine.core.paths import shipped_weights
from engine.core.tensor_file import sha256_of
from engine.encoders.choices import BY_TITLE, OF_PICTURES, OF_SOUND, Choice
from engine.encoders.crowd import Crowd
from engine.encoders.objects import Objects
from engine.encoders.pca import fit_pca
from engine.encoders.picture_network import _TITLES
from engine.encoders.pixel_statistics import Pixels
from engine.encoders.sound_network import HEARINGS
from engine.football.json_document import read_json
from engine.football.soccernet_files import PREDICTIONS
from engine.football.soccernet_spots import predicted_spots
from engine.model.checkpoint import read_config
from engine.session import SessionReader
from engine.spotting.config import JOINED, LATE, ChannelConfig, SpottingConfig, WindowConfig
from engine.spotting.pooling import PoolConfig
from engine.spotting.vocabularies import V1
from engine.spotting.weights import SpottingWeights, new_models, save_spotting
from engine.video.video_frames import sound_start_s
from tests.unit.engine.video.clocks import even, write_clock
from tests.unit.tui.cli.commands.test_commentary import GOAL, PLAY, srt
from tui.cli.main import main

SECONDS = 46
EMBEDDING = read_config(shipped_weights() / "default")[0].encoder.embedding
SOUND_FROM_S = 1.5
"""A session counts from the beginning of its sound."""
HOW = ChannelRule(0.0, 2.0, -5.0, -1.0, 0.6)
LATE_ONE = SpottingConfig(
    "small",
    (ChannelConfig("video", Pixels.width, "Pixels"), ChannelConfig("audio", EMBEDDING, "Crowd")),
    V1,
    LATE,
    PoolConfig("max"),
    WindowConfig(8, 4),
    rules={name: KindRule(-1.0, 5.0, {"video": HOW, "audio": HOW}) for name in ("soccer", "card")},
)


class Said(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def fault(self) -> list[str]:
        """The two lines of a fault."""
        return self.err.splitlines()[-2:]


Spot = Callable[..., Said]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for an index."""
    return filmed(tmp_path_factory, SECONDS, SOUND_FROM_S)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory, 12)


def filmed(folders: pytest.TempPathFactory, seconds: int, sound_from_s: float = 0.0) -> Path:
    name = folders.mktemp("films") / "1_224p.mp4"
    return write_clock(name, even(2, seconds), sound_s=seconds, sound_from_s=sound_from_s, size=(36, 64))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("weights"), LATE_ONE)


def saved(folder: Path, config: SpottingConfig) -> Path:
    save_spotting(folder, SpottingWeights(config, new_models(config, seed=3)), "# seeded\n")
    return folder


@pytest.fixture
def spot(weights: Path, capsys: pytest.CaptureFixture[str]) -> Spot:
    def asked(*arguments: object, by: Path = weights) -> Said:
        code = main(["spot", *map(str, arguments), "--weights", str(by)])
        return Said(code, *capsys.readouterr())

    return asked


def rows_of(said: Said) -> list[dict]:
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_film_with_its_commentary_becomes_events_files_and_a_session(film, spot, tmp_path, home):
    words = tmp_path / "match.srt"
    lines = [(3.0 * n, text) for n, text in enumerate([*PLAY, *GOAL, *PLAY])]
    words.write_text(srt(*lines))
    out = tmp_path / "found"
    said = spot(film, "--commentary", words, "--crowd", "--session", "--out", out, "--least", 0, "--json")
    assert said.code == 0, said.err
    rows = rows_of(said)
    goals = [row for row in rows if row["label"] == "soccer"]
    assert goals and all(set(row["shares"]) == {"video", "audio", "words", "crowd"} for row in goals)
    assert all(row["half"] == 1 and row["game_time"].startswith("1 - 00:") for row in rows)

    spots = predicted_spots(read_json(out / PREDICTIONS, 10**6))
    assert sorted((one.label, one.position_ms) for one in spots) == sorted((r["label"], 1000 * r["t"]) for r in rows)
    table = list(csv.DictReader((out / "spotted.csv").open(newline="")))
    assert [float(row["t"]) for row in table] == [row["t"] for row in rows]
    assert table[0].keys() >= {"share_video", "share_audio", "share_words", "share_crowd"}
    with av.open(out / "chapters.txt", format="ffmetadata") as file:
        chapters = file.chapters()
    starts = [one["start"] for one in chapters]
    assert starts[0] == 0 and chapters[-1]["end"] >= starts[-1]
    assert [one["end"] for one in chapters[:-1]] == starts[1:]
    assert all(any(0 <= 1000 * row["t"] - start < 1000 for start in starts) for row in rows)
    assert sum(one["metadata"]["title"].count("%") for one in chapters) == len(rows)
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())

    (session,) = (home / "data" / "sessions").glob("2*")
    with SessionReader.open(session) as reader:
        kept, lanes = reader.spotted(), reader.lanes()
        assert reader.info.readings > 400 and reader.info.source == film.name
    assert [(event.label, round(event.confidence, 4)) for event in kept] == [
        (r["label"], r["confidence"]) for r in rows
    ]
    late_s = sound_start_s(film)
    assert late_s == pytest.approx(SOUND_FROM_S, abs=0.1)
    assert [event.t for event in kept] == [pytest.approx(max(0.0, row["t"] - late_s), abs=0.01) for row in rows]
    assert [lane.name for lane in lanes] == ["video", "audio", "fused"]
    ends_s = {lane.name: lane.t_s[-1] for lane in lanes}
    assert all(0 <= lane.t_s[0] < 0.5 for lane in lanes)
    assert ends_s["video"] == pytest.approx(SECONDS - late_s, abs=0.7)
    assert ends_s["audio"] == ends_s["fused"] == pytest.approx(SECONDS, abs=1.0)
    assert any("words" in event.shares for event in kept) and f"'momentum replay {session.name}'" in said.err


def test_a_person_gets_a_table_with_a_column_for_each_channel(short, spot):
    said = spot(short, "--least", 0)
    assert said.code == 0 and said.out.splitlines()[0].split() == [
        "at",
        "half",
        "event",
        "confidence",
        "video",
        "audio",
    ]
    assert "s left" in said.err
    assert "no event is that likely" in spot(short, "--least", 1).out


def test_of_a_film_without_sound_the_picture_speaks_alone(spot, tmp_path):
    silent = write_clock(tmp_path / "silent.mp4", even(2, 12), size=(36, 64))
    said = spot(silent, "--least", 0, "--json")
    assert said.code == 0 and "without audio: silent.mp4 has no sound in it." in said.err
    assert rows_of(said) and all(set(row["shares"]) == {"video"} for row in rows_of(said))
    kept = spot(silent, "--session")
    assert kept.code == 5 and kept.fault[0] == "momentum: silent.mp4 has no sound in it."


def test_weights_that_join_their_channels_refuse_a_film_without_sound_in_two_lines(spot, tmp_path):
    silent = write_clock(tmp_path / "silent.mp4", even(2, 6), size=(36, 64))
    joined = saved(tmp_path / "joined", replace(LATE_ONE, fusion=JOINED, rules={}))
    said = spot(silent, by=joined)
    assert said.code == 5 and said.out == ""
    assert said.fault[0] == "momentum: silent.mp4 has no sound in it." and "need video and audio" in said.fault[1]


def test_of_a_film_that_breaks_off_what_came_before_is_spotted_and_it_says_so(spot, tmp_path):
    cut = write_clock(tmp_path / "cut.mp4", even(25, 8), movflags="faststart")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 2 // 3])
    said = spot(cut, "--least", 0, "--json", "--out", tmp_path / "found")
    assert said.code == 5 and "breaks off at" in said.fault[0]
    assert rows_of(said) and (tmp_path / "found" / PREDICTIONS).exists()


def test_sound_that_breaks_off_before_half_a_minute_is_heard_up_to_there(spot, tmp_path):
    cut = write_clock(tmp_path / "cut.mp4", even(25, 12), sound_s=12, movflags="faststart", size=(36, 64))
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 3 // 4])
    said = spot(cut, "--least", 0, "--json")
    assert said.code == 5 and rows_of(said), said.err
    assert all(set(row["shares"]) == {"video", "audio"} for row in rows_of(said))


@pytest.mark.parametrize(("content", "code"), [(b"no film at all\n", 5), (None, 5)])
def test_what_is_no_film_is_refused_in_two_lines(spot, tmp_path, home, content, code):
    file = tmp_path / "match.mp4"
    if content:
        file.write_bytes(content)
    said = spot(file, "--session")
    assert said.code == code and len(said.err.splitlines()) == 2 and not (home / "data" / "sessions").exists()


def test_without_weights_it_says_how_to_train_some(short, capsys, home):
    assert main(["spot", str(short)]) == 4
    message, hint = capsys.readouterr().err.splitlines()
    assert "no spotting weights" in message
    assert hint.count("momentum") == 2 and "momentum features" in hint and "momentum train spotting" in hint
    saved(home / "data" / "spotting" / "mine", LATE_ONE)
    assert main(["spot", str(short), "--json"]) == 0


def test_of_several_recordings_a_broken_one_does_not_stop_the_others_and_the_exit_code_tells(
    short, spot, tmp_path, home
):
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(short.read_bytes()[:2000])
    cup = tmp_path / "cup.mp4"
    cup.write_bytes(short.read_bytes())
    said = spot(torn, short, cup, tmp_path / "gone.mp4", "--least", 0, "--json", "--session", "--out", tmp_path / "out")
    assert said.code == 5 and said.fault[0].startswith("momentum: There is no file ")
    assert sum("torn.mp4 can't be read as a video" in line for line in said.err.splitlines()) == 1
    assert said.err.count("do not say which weights of crowd") == 1
    assert {row["video"] for row in rows_of(said)} == {str(short), str(cup)}
    assert len(list((home / "data" / "sessions").glob("2*"))) == 2
    game = tmp_path / "out" / Path(*short.parent.parts[-3:])
    assert {path.name for path in (tmp_path / "out" / "cup").iterdir()} == {PREDICTIONS, "spotted.csv", "chapters.txt"}
    assert {path.name for path in game.iterdir()} == {PREDICTIONS, "1_224p_spotted.csv", "1_224p_chapters.txt"}


def test_the_halves_of_a_game_become_one_file_of_predictions_that_evaluate_reads(short, spot, tmp_path, capsys):
    game = tmp_path / "games" / "league" / "season" / "game"
    game.mkdir(parents=True)
    for half in (1, 2):
        (game / f"{half}_224p.mp4").write_bytes(short.read_bytes())
    labels = [{"gameTime": f"{half} - 00:05", "label": "soccer-ball", "team": "home"} for half in (1, 2)]
    (game / "Labels.json").write_text(json.dumps({"annotations": labels}))
    found = tmp_path / "found"
    said = spot(*sorted(game.glob("*.mp4")), "--out", found)
    assert said.code == 0 and f"{game / '2_224p.mp4'}:" in said.out.splitlines()
    spots = predicted_spots(read_json(found / "league/season/game" / PREDICTIONS, 10**6))
    assert {one.half for one in spots} == {1, 2}
    assert main(["evaluate", "--soccernet", str(tmp_path / "games"), "--predictions", str(found), "--draws", "10"]) == 0


@pytest.mark.parametrize(
    ("second", "more", "says"),
    [
        ("cup.mp4", ("--kickoff", "0:05"), "--kickoff takes one recording at a time"),
        ("1_224p.mp4", ("--out", "found"), "1_224p_"),
    ],
)
def test_what_can_be_of_one_recording_alone_is_refused_for_several(short, spot, second, more, says):
    said = spot(short, short.with_name(second), *more)
    assert said.code == 2 and says in said.fault[0] and len(said.err.splitlines()) == 2


def test_features_are_made_once(short, spot, home, monkeypatch):
    first = spot(short, "--json", "--least", 0)
    assert "pixels" in first.err
    (array,) = (home / "cache" / "features").rglob("1_Pixels.npy")
    before = array.stat().st_mtime_ns
    monkeypatch.setattr("engine.app.features.make_features", None)  # nor are networks loaded for it
    again = spot(short, "--json", "--least", 0)
    assert again.out == first.out and "pixels" not in again.err and array.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("name", "kickoff", "second", "at_s", "place"),
    [
        ("2_720p.mkv", None, None, 65.0, (2, 65.0)),
        ("match.mp4", None, None, 65.0, (1, 65.0)),
        ("match.mp4", "1:00", "61:00", 65.0, (1, 5.0)),
        ("match.mp4", "1:00", "61:00", 3725.0, (2, 65.0)),
        ("match.mp4", "1:00", "61:00", 30.0, None),
        ("match.mp4", None, "46:00", 30.0, (1, 30.0)),
        ("match.mp4", "none", "0:10", 30.0, (2, 20.0)),
    ],
)
def test_a_moment_has_its_half_and_the_time_since_its_kick_off(name, kickoff, second, at_s, place):
    assert halves_of(Path(name), kickoff, second).at(at_s) == place


def test_what_lies_before_the_kick_off_is_in_the_table_and_in_no_prediction(short, spot, tmp_path):
    said = spot(short, "--kickoff", "0:05", "--least", 0, "--json", "--out", tmp_path)
    before = [row for row in rows_of(said) if row["t"] < 5]
    assert before and all(row["half"] is None and row["game_time"] is None for row in before)
    spots = predicted_spots(read_json(tmp_path / PREDICTIONS, 10**6))
    assert len(spots) == len(rows_of(said)) - len(before) and min(one.position_ms for one in spots) >= 0
    with pytest.raises(UsageError, match="second half starts before"):
        halves_of(short, "20:00", "10:00")


@pytest.mark.parametrize("late", [("--kickoff", "10:00"), ("--second-half", "0:12")])
def test_a_half_that_begins_after_the_recording_has_ended_is_refused_in_two_lines(short, spot, tmp_path, late):
    said = spot(short, *late, "--out", tmp_path / "found")
    assert said.code == 2 and said.out == "" and not (tmp_path / "found").exists()
    assert "and the recording ends at 00:12" in said.fault[0] and "not on the match clock" in said.fault[1]


def test_weights_are_found_by_the_name_of_their_training_beside_a_folder_of_that_name(
    short, home, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()  # such as that of --predictions
    saved(home / "data" / "spotting" / "mine", LATE_ONE)
    (home / "data" / "spotting" / "begun").mkdir()
    for named in ((), ("--weights", "mine")):
        assert main(["spot", str(short), "--json", *named]) == 0
    assert main(["spot", str(short), "--weights", "others"]) == 4
    message, hint = capsys.readouterr().err.splitlines()[-2:]
    assert "no spotting weights named 'others'" in message and "momentum train spotting" in hint


def test_weights_that_read_what_no_encoder_makes_are_refused_in_two_lines(short, spot, tmp_path):
    odd = replace(LATE_ONE, channels=(ChannelConfig("video", 8, "R(2+1)D"),), fusion=JOINED, rules={})
    said = spot(short, by=saved(tmp_path / "odd", odd))
    assert said.code == 2 and "'R(2+1)D'" in said.fault[0]
    reduced = replace(odd, channels=(ChannelConfig("video", 8, "ResNET_TF2_PCA8"),))
    assert "--pca" in spot(short, by=saved(tmp_path / "reduced", reduced)).fault[1]


def test_weights_that_learned_from_another_crowd_network_are_refused_before_anything_is_made(
    short, spot, tmp_path, home
):
    video, audio = LATE_ONE.channels
    old = replace(audio, made_by=MadeBy("crowd", 64 * "0", fps=2.0))
    said = spot(short, by=saved(tmp_path / "old", replace(LATE_ONE, channels=(video, old))))
    assert said.code == 4 and len(said.err.splitlines()) == 2 and not (home / "cache" / "features").exists()
    assert "small learned from features by crowd with the weights 000000000000…; here" in said.fault[0]
    said = spot(short, "--least", 0, "--json")
    assert said.code == 0 and "do not say which weights of crowd made" in said.err
    mine = json.loads(next((home / "cache").rglob("1_Crowd.json")).read_text())["weights_sha256"]
    same = replace(LATE_ONE, channels=(video, replace(old, made_by=replace(old.made_by, weights_sha256=mine))))
    again = spot(short, "--least", 0, "--json", by=saved(tmp_path / "same", same))
    assert again.out == said.out and "do not say" not in again.err


def test_weights_that_learned_from_other_components_are_refused(short, spot, tmp_path):
    for name, seed in (("mine", 0), ("other", 1)):
        fit_pca([drawn_rows(seed)], 8).save(tmp_path / f"{name}.safetensors")
    learned = MadeBy("pixels", pca_sha256=sha256_of(tmp_path / "mine.safetensors"))
    reduced = ChannelConfig("video", 8, "Pixels_PCA8", made_by=learned)
    weights = saved(tmp_path / "reduced", replace(LATE_ONE, channels=(reduced,), fusion=JOINED, rules={}))
    assert spot(short, "--pca", tmp_path / "mine.safetensors", by=weights).code == 0
    said = spot(short, "--pca", tmp_path / "other.safetensors", by=weights)
    assert said.code == 4 and "pixels with the components" in said.fault[0] and "--pca" in said.fault[1]


def drawn_rows(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((20, Pixels.width)).astype(np.float32)


def test_every_encoder_is_known_by_what_its_files_are_called():
    titles = {of.name: of.title for of in (Pixels, Objects, Crowd)} | _TITLES
    titles |= {name: hearing.title for name, hearing in HEARINGS.items()}
    assert {name: title for title, name in BY_TITLE.items()} == titles
    assert set(titles) == {*OF_PICTURES, *OF_SOUND} and Choice("pixels").name in titles
