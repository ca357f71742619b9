"""A public tagger: its windows, what it says in our words, and its files. The network itself is a stand-in."""

import hashlib
import sys

import numpy as np
import pytest
import soundfile

from engine.core.errors import InputError, UsageError
from engine.core.grid import SAMPLE_RATE_HZ
from tests.unit.train.shared_data import SHARED, needs_shared_data
from train.data.real_sounds.gathered.sung_or_instrumental import INSTRUMENTAL, SONG, kind_of_music
from train.data.real_sounds.tagger import LEVEL, TAGS, WINDOW, Yamnet, ends_s, tags_of, windows_of

CLASSES = [*dict.fromkeys(name for names in TAGS.values() for name in names), "Hiss"]


class Network:
    """Gives every window the score of its loudest sample for the first class; counts what it heard."""

    def __init__(self):
        self.heard = 0

    def set_tensor(self, _, window):
        self.window = window

    def invoke(self):
        self.heard += 1

    def get_tensor(self, _):
        scores = np.zeros((1, len(CLASSES)), np.float32)
        scores[0, 0] = np.abs(self.window).max()
        return scores


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "yamnet.tflite").write_bytes(b"network")
    quoted = "\n".join(f'{i},/m/{i},"{name}"' for i, name in enumerate(CLASSES))
    (tmp_path / "yamnet_classes.csv").write_text(f"index,mid,display_name\n{quoted}\n")
    sums = [
        f"{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}"
        for name in ("yamnet.tflite", "yamnet_classes.csv")
    ]
    (tmp_path / "SHA256SUMS").write_text("\n".join(sums))
    return tmp_path


@pytest.fixture
def tagger(folder):
    made = Yamnet(folder, folder / "cache")
    made.network = Network()
    made.__dict__["_scorer"] = (made.network, 0, 0)
    return made


def noise(seconds, level=0.1):
    return (level * np.random.default_rng(1).normal(size=round(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


def test_windows_come_every_half_window_at_one_loudness_however_loud_the_sound():
    quiet, loud = windows_of(noise(3.0, 0.001)), windows_of(noise(3.0, 0.1))
    assert quiet.shape == (5, WINDOW)
    assert np.sqrt(np.mean(quiet**2, axis=1)) == pytest.approx(LEVEL, rel=0.02)
    assert quiet == pytest.approx(loud, abs=1e-4)
    assert ends_s(5)[[0, 1, 4]] == pytest.approx([0.975, 1.4625, 2.925])


def test_a_sound_shorter_than_a_window_is_heard_once_and_silence_stays_silent():
    assert windows_of(noise(0.3)).shape == (1, WINDOW)
    assert not windows_of(np.zeros(SAMPLE_RATE_HZ, np.float32)).any()


def test_a_tag_is_the_strongest_of_its_classes_and_unknown_where_it_has_none():
    scores = np.zeros((2, len(CLASSES)), np.float32)
    columns = {name: i for i, name in enumerate(CLASSES)}
    scores[0, columns["Choir"]], scores[0, columns["Chant"]] = 0.3, 0.2
    scores[1, columns["Applause"]] = 0.9
    tags = dict(zip(TAGS, tags_of(scores, columns).T, strict=True))
    assert tags["chant"] == pytest.approx([0.3, 0.0])
    assert tags["applause"] == pytest.approx([0.0, 0.9])
    assert np.isnan(tags["groan"]).all() and np.isnan(tags["boo"]).all()


def test_a_file_that_was_heard_before_is_not_heard_again_under_any_name(tagger, tmp_path):
    for name in ("a.flac", "b.flac"):
        soundfile.write(tmp_path / name, noise(2.0), SAMPLE_RATE_HZ)
    first = tagger.file_scores(tmp_path / "a.flac")
    windows = tagger.network.heard
    assert tagger.file_scores(tmp_path / "b.flac") == pytest.approx(first)
    assert tagger.network.heard == windows == len(first)


def test_another_file_than_the_one_named_in_the_sums_is_refused(folder):
    (folder / "yamnet.tflite").write_bytes(b"another network")
    with pytest.raises(InputError, match="is not the file that SHA256SUMS names"):
        Yamnet(folder)


def test_a_folder_without_a_tagger_is_refused_in_two_lines(tmp_path):
    with pytest.raises(InputError, match="holds no sound tagger") as refused:
        Yamnet(tmp_path)
    assert "yamnet.tflite" in refused.value.hint


def test_without_the_package_that_runs_it_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(UsageError, match="not installed") as refused:
        Yamnet(folder).scores(noise(1.0))
    assert "taggers" in refused.value.hint


def test_music_is_a_song_where_a_tenth_of_it_is_sung():
    classes = ("Music", "Singing")
    scores = np.zeros((20, 2), np.float32)
    scores[:, 0] = 0.9
    scores[:1, 1] = 0.5
    assert kind_of_music(scores, classes) == INSTRUMENTAL
    scores[:2, 1] = 0.5
    assert kind_of_music(scores, classes) == SONG


@needs_shared_data
def test_the_real_tagger_hears_applause_in_real_applause():
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert (the extra 'taggers')")
    tagger = Yamnet(SHARED / "taggers")
    clap = SHARED / "audio" / "reaction" / "ibmmax_applause.ogg"
    tags = dict(zip(TAGS, tagger.tags(tagger.file_scores(clap)).mean(axis=0), strict=True))
    assert tags["applause"] > 0.8
    assert tags["speech"] < 0.2
    inner = tagger.file_embeddings(clap)
    assert inner.shape == (len(tagger.file_scores(clap)), 1024)
    assert inner.std(axis=0).mean() > 0.02
