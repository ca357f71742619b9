"""Pictures are proper files for their owner alone, and coloured where something moved the index."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.core import grid
from engine.core.errors import UsageError
from engine.explain import picture
from tests.unit.tui.monitor.made_up_explanation import LOW_BANDS, LOW_FRAMES, ROAR_BANDS, ROAR_FRAMES, made_up


def test_an_svg_holds_the_picture_and_the_sentence_and_loads_nothing(tmp_path: Path) -> None:
    picture.write_svg(tmp_path / "why.svg", made_up(), "why <b>& co")
    text = (tmp_path / "why.svg").read_text(encoding="utf-8")
    assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text)} == {"rect", "text", "image"}
    assert "why &lt;b&gt;&amp; co" in text
    assert "mostly " in text
    assert 'href="data:image/png;base64,' in text
    assert text.count("http") == 1  # the name of the format
    assert (tmp_path / "why.svg").stat().st_mode & 0o777 == 0o600


def test_a_png_shows_the_same(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    picture.write_png(tmp_path / "why.png", made_up(), "why")
    with image.open(tmp_path / "why.png") as shown:
        assert shown.width > grid.HISTORY_FRAMES
        assert len(shown.getcolors(1 << 24)) > 100


def test_without_pillow_a_png_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(picture, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as error:
        picture.write_png(tmp_path / "why.png", made_up(), "why")
    assert "pip install 'acoustic-momentum[pictures]'" in error.value.hint
    assert not (tmp_path / "why.png").exists()


def test_what_raised_the_index_is_orange_and_what_held_it_down_is_blue() -> None:
    shown = picture.overlaid(made_up()).astype(int)[::-1]  # low pitches first
    rows = shown.shape[0] // grid.MEL_BANDS

    def colour(frames: slice, bands: slice) -> np.ndarray:
        middle = (frames.start + (frames.stop or grid.HISTORY_FRAMES)) // 2
        return shown[(bands.start + bands.stop) // 2 * rows, middle]

    red, _, blue = colour(ROAR_FRAMES, ROAR_BANDS)
    assert red > blue + 50
    red, _, blue = colour(LOW_FRAMES, LOW_BANDS)
    assert blue > red + 30
    assert len(set(shown[200, 100].tolist())) == 1  # grey where nothing did
