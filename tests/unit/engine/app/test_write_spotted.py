"""Chapters as a player shows them: from 0 on, one after the other, none empty."""

from pathlib import Path

import av
import pytest

from engine.app.spot import MatchHalves, Spots
from engine.app.write_spotted import SpotFiles
from engine.spotting.events import SpottedEvent


def chapters(folder: Path, lasts_s: float, *at_s: float) -> list[tuple[int, int, str]]:
    events = tuple(SpottedEvent(t_s, f"Goal {n}", 0.5, lasts_s) for n, t_s in enumerate(at_s))
    spots = Spots(Path("match.mp4"), "small", events, (), MatchHalves({1: 0.0}), lasts_s)
    SpotFiles([spots.video], folder, 0.0).write(spots)
    with av.open(folder / "chapters.txt", format="ffmetadata") as file:
        return [(one["start"], one["end"], one["metadata"]["title"]) for one in file.chapters()]


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        ((), [(0, 10_000, "beginning")]),
        ((0.0,), [(0, 10_000, "Goal 0 50%")]),
        ((0.4,), [(0, 400, "beginning"), (400, 10_000, "Goal 0 50%")]),
        (
            (3.0, 3.9, 4.5),
            [
                (0, 3000, "beginning"),
                (3000, 4500, "Goal 0 50%, Goal 1 50%"),
                (4500, 10_000, "Goal 2 50%"),
            ],
        ),
        ((10.0,), [(0, 10_000, "beginning"), (10_000, 10_001, "Goal 0 50%")]),
    ],
)
def test_every_event_is_in_a_chapter_that_begins_with_it(tmp_path: Path, at_s: tuple[float, ...], expected: list):
    assert chapters(tmp_path, 10.0, *at_s) == expected


def test_a_title_that_would_end_its_line_or_begin_a_comment_stays_a_title(tmp_path: Path):
    spots = Spots(
        Path("match.mp4"),
        "small",
        (SpottedEvent(3.0, "#a=b;c\\d\n[CHAPTER]", 0.5, 9.0),),
        (),
        MatchHalves({1: 0.0}),
        9.0,
    )
    SpotFiles([spots.video], tmp_path, 0.0).write(spots)
    with av.open(tmp_path / "chapters.txt", format="ffmetadata") as file:
        assert [one["metadata"]["title"] for one in file.chapters()] == ["beginning", "#a=b;c\\d [CHAPTER] 50%"]
