"""What is measured without a network: cuts, pans, green, colours; and what a detector's boxes become."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from engine.core.errors import WeightsError
from engine.encoders.objects import Objects
from engine.encoders.picture_changes import cut, grass, grey, pan
from engine.encoders.pixel_statistics import Pixels

RNG = np.random.default_rng(2)
PITCH = np.zeros((72, 128, 3), np.uint8) + np.array([40, 120, 50], np.uint8)
STANDS = RNG.integers(0, 256, (72, 128, 3), dtype=np.uint8)
PLACES = [(416 // stride) ** 2 for stride in (8, 16, 32)]


def test_a_cut_to_the_stands_is_told_from_a_pan_over_them():
    assert cut(PITCH, STANDS) > 0.8
    assert cut(STANDS, np.roll(STANDS, 9, axis=1)) < 0.01


@pytest.mark.parametrize(("right", "down"), [(0, 0), (9, 0), (-14, 3), (5, -6)])
def test_the_way_the_camera_turned_is_found(right: int, down: int):
    moved = np.roll(STANDS, (down, right), axis=(0, 1))
    found_right, found_down, sure = pan(grey(STANDS), grey(moved))
    assert found_right == pytest.approx(right / 128) and found_down == pytest.approx(down / 72)
    assert sure > 0.2


def test_the_pitch_is_green_and_the_stands_are_less_so():
    assert grass(PITCH) == 1.0
    assert grass(STANDS) < 0.4


def test_pixels_are_the_colours_and_what_changed_since_the_row_before():
    encoder = Pixels()
    rows = encoder.encode(np.stack([PITCH, PITCH, STANDS]), None)
    assert rows.shape == (3, 212) and np.abs(rows).max() <= 1.0
    assert np.allclose(rows[0, :3], np.array([40, 120, 50]) / 255)
    assert (rows[:2, 192:209] == 0).all(), "nothing moves on an empty pitch"
    assert rows[2, 208] > 0.8 and rows[2, 192:208].min() > 0.1
    assert np.array_equal(encoder.encode(STANDS[None], PITCH)[0], rows[2]), "a block may begin anywhere"


def detector(
    path: Path, things: list[tuple[int, float, float, float, float, float]], places: int = sum(PLACES)
) -> Path:
    """A model that sees ``things`` in any picture: class, sureness, and left, top, right, bottom in pixels."""
    outputs = np.zeros((1, places, 85), np.float32)
    for i, (kind, sure, left, top, right, bottom) in enumerate(things):
        at = 10 * i  # in the first row of the finest grid
        outputs[0, at, :4] = (
            (left + right) / 16 - at,
            (top + bottom) / 16,
            np.log((right - left) / 8),
            np.log((bottom - top) / 8),
        )
        outputs[0, at, 4], outputs[0, at, 5 + kind] = 0.5, 2 * sure
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Add", ["seen", "zero"], ["output"]),
    ]
    constants = [numpy_helper.from_array(np.float32(0.0), "nothing"), numpy_helper.from_array(outputs, "seen")]
    shapes = [("images", [1, 3, 416, 416]), ("output", [1, places, 85])]
    given, found = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes)
    graph = helper.make_graph(nodes, "detector", [given], [found], constants)
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )
    return path


def test_players_and_ball_are_counted_where_they_stand(tmp_path: Path):
    people = [
        (0, 0.9, 10, 100, 30, 140),
        (0, 0.8, 11, 101, 31, 141),
        (0, 0.7, 300, 120, 320, 180),
        (0, 0.1, 200, 0, 220, 9),
    ]
    model = detector(tmp_path / "seen.onnx", [*people, (32, 0.4, 204, 150, 212, 158)])
    encoder = Objects(model)
    picture = np.full((416, 416, 3), 114, np.uint8)
    picture[:234] = PITCH[0, 0]
    players, balls = encoder.seen(picture)
    assert [round(float(box[4]), 1) for box in players] == [0.9, 0.7], "one of two on the same place, none unsure"
    assert np.allclose(balls[0, :4], [204, 150, 212, 158], atol=0.01)
    (row,) = encoder.encode(picture[None], None)
    assert row.shape == (24,) and row[0] == pytest.approx(2 / 25)
    assert row[1] == pytest.approx((20 + 310) / 2 / 416, abs=1e-4) and row[6] == pytest.approx(60 / 416, abs=1e-4)
    assert row[7:13].tolist() == pytest.approx([1 / 25, 0, 0, 0, 1 / 25, 0])
    assert row[13] == 1.0 and row[14] == pytest.approx(0.4) and row[15] == pytest.approx(208 / 416, abs=1e-4)
    assert row[22] == 0.0 and row[23] == pytest.approx(1.0, abs=0.01), "all that is picture is green"


def test_the_detector_is_shown_blue_before_red_as_it_was_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    encoder = Objects(detector(tmp_path / "seen.onnx", []))
    shown: list[np.ndarray] = []

    class Detector:
        def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
            shown.extend(given.values())
            return [np.zeros((1, sum(PLACES), 85), np.float32)]

    monkeypatch.setattr(encoder, "_session", Detector())
    encoder.seen(np.zeros((416, 416, 3), np.uint8) + np.array([200, 100, 50], np.uint8))
    assert shown[0].shape == (1, 3, 416, 416) and shown[0][0, :, 0, 0].tolist() == [50, 100, 200]


def test_an_empty_picture_has_nobody_in_it(tmp_path: Path):
    (row,) = Objects(detector(tmp_path / "seen.onnx", [])).encode(np.full((1, 416, 416, 3), 114, np.uint8), None)
    assert (row[:19] == 0).all()


def test_a_file_that_is_no_detector_is_refused_in_two_lines(tmp_path: Path):
    (tmp_path / "text.onnx").write_bytes(b"no model")
    with pytest.raises(WeightsError, match=r"text\.onnx is no ONNX model"):
        Objects(tmp_path / "text.onnx")
    with pytest.raises(WeightsError, match="is no detector"):
        Objects(detector(tmp_path / "other.onnx", [], places=100))
    with pytest.raises(WeightsError, match="can't be read"):
        Objects(tmp_path / "gone.onnx")
