"""The tag read-out learns what is heard, and its probabilities mean what they say."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core import grid
from engine.model.checkpoint import load, save
from engine.model.encoder import EncoderConfig
from engine.model.head import HeadConfig
from engine.model.network import MlxNetwork
from engine.model.tags import TAG_NAMES
from engine.simulator.truth import Sounding
from tests.unit.train.segment_matches import NO_AUGMENTATION, made_up_match
from train.data.matches import TrainingMatch
from train.data.tagger_as_teacher import CLASSES
from train.data.tags import tags_at
from train.fit.fitted import as_served
from train.fit.loop.run_folder import RunFolder
from train.fit.loop.trainer import Schedule
from train.fit.sampling.segments import SegmentSampler
from train.fit.settings import FitSettings, TagSettings
from train.fit.stages import new_network
from train.fit.tags import calibrated_tags, fit_tags
from train.fit.training_data import Fitting, TrainingData

SETTINGS = FitSettings(
    encoder=EncoderConfig(channels=(16, 16, 16, 16), embedding=16),
    head=HeadConfig(hidden=8, layers=1),
    augmentation=NO_AUGMENTATION,
)
TAGS = TagSettings(copies=0, windows=64, dropout=0.0, spread=0.0, schedule=Schedule(300, 1e-2, warmup=10, ema=0.9))


def sounding_match(number: int, recorded: bool) -> TrainingMatch:
    """Twelve minutes of noise with sounds in bands of their own: cheers in the middle, songs at the top."""
    plain = made_up_match(f"reel-{number}", number, minutes=12.0, goals=0)
    frames = plain.read(0, plain.frames).copy()
    sounds = []
    for i, onset_s in enumerate(np.arange(50.0, 690.0, 20.0)):
        kind, bands = ("roar", slice(20, 32)) if i % 2 else ("pa_music", slice(48, 60))
        frames[round(onset_s / grid.HOP_S) : round((onset_s + 8) / grid.HOP_S), bands] += 25.0
        sounds.append(Sounding(kind, onset_s, onset_s + 1, onset_s + 8, 12.0))
    return replace(
        plain, read=lambda a, b: frames[a:b], simulated=True, sounds=tuple(sounds), recorded=recorded,
        heard=np.full((1500, len(CLASSES)), 0.3, np.float32) if recorded else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> MlxNetwork:
    data = TrainingData([sounding_match(1, False), sounding_match(2, True)])
    with closing(RunFolder(tmp_path_factory.mktemp("run"), {})) as run:
        return fit_tags(Fitting(SETTINGS, run, lambda at: None, 0.1), TAGS, new_network(SETTINGS), data)


def test_a_read_out_tells_songs_from_cheers_in_a_recording_it_never_heard(taught: MlxNetwork):
    match = sounding_match(3, True)
    config = calibrated_tags(taught, [match])
    from train.fit.network.head_model import first_window_end, pooled_windows

    pooled = pooled_windows(taught, match)
    times_s = grid.end_time_s(first_window_end() + grid.WINDOW_HOP_FRAMES * np.arange(len(pooled)))
    probabilities = config.probabilities(taught.tag_logits(pooled))
    heard, _ = tags_at(match.sounds, times_s)
    for name, other in (("cheer", "music"), ("music", "cheer")):
        mine, theirs = TAG_NAMES.index(name), TAG_NAMES.index(other)
        whole = heard[:, mine] == 1
        assert np.median(probabilities[whole, mine]) > 0.6
        assert np.median(probabilities[whole, theirs]) < 0.4


def test_a_tag_that_the_calibration_never_hears_keeps_its_scale(taught: MlxNetwork):
    config = calibrated_tags(taught, [sounding_match(3, True)])
    whistle = TAG_NAMES.index("whistle")
    assert (config.slopes[whistle], config.offsets[whistle]) == (1.0, 0.0)
    assert config.slopes[TAG_NAMES.index("music")] != 1.0


def test_the_tags_are_served_and_kept_with_the_weights(taught: MlxNetwork, tmp_path: Path):
    from tests.unit.engine.explain.sessions import small_weights

    served = as_served(taught, SETTINGS)
    pooled = np.random.default_rng(1).uniform(0, 2, (3, served.encoder.pooled_width)).astype(np.float32)
    np.testing.assert_allclose(served.tag_logits(pooled), taught.tag_logits(pooled), atol=1e-6)
    config = replace(
        small_weights(tmp_path / "small").config, front_end=served.front_end, encoder=served.encoder,
        head=served.head, tags=served.tags_config,
    )  # fmt: skip
    save(tmp_path / "kept", config, served, "# card\n")
    np.testing.assert_allclose(load(tmp_path / "kept").network.tag_logits(pooled), served.tag_logits(pooled), atol=1e-6)


def test_what_a_tagger_heard_teaches_the_segments_of_that_sound_alone():
    data = TrainingData([sounding_match(1, False), sounding_match(2, True)])
    settings = replace(SETTINGS, segments=8, histories=2)
    targets = {match.id: np.zeros(len(match.ends), np.float32) for match in data.train_matches}
    batch = SegmentSampler(data, targets, settings).batch(np.random.default_rng(2))
    assert set(batch.heard_weights.tolist()) == {0.0, 1.0}
    assert batch.heard.shape == (8, 2 + grid.WINDOWS - 1, len(CLASSES))
    np.testing.assert_allclose(batch.heard[batch.heard_weights == 1.0], 0.3, rtol=1e-5)
    assert not batch.heard[batch.heard_weights == 0.0].any()
