"""A simulated broadcast as SoccerNet lays a game out: two halves with picture and sound, labels, and the truth."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.telling import Progress
    from engine.football.soccernet import Spot
    from engine.simulator.broadcast.broadcast import Half

AROUND: Final = "Goal"
"""What an excerpt of a half is chosen to hold, where it happens."""


@dataclass(frozen=True, slots=True)
class BroadcastWanted:
    """Which broadcast is made up.

    seed: its colours, cameras, players, ground and crowd. labels: a Labels-v2.json whose events are played; without, a
    drawn match's. minutes: how much of each half, around a goal where there is one; None for all.
    """

    seed: int = 0
    labels: Path | None = None
    minutes: float | None = None
    fps: int = 10
    size: tuple[int, int] = (160, 90)


def files_of(folder: Path, half: int, height: int) -> tuple[Path, Path]:
    """Where picture and sound of a half go, and what is true of it."""
    return folder / f"{half}_{height}p.mp4", folder / f"{half}_broadcast.json"


def simulate_broadcast(
    wanted: BroadcastWanted, folder: Path, shown: "Callable[[], AbstractContextManager[Progress]]", force: bool = False
) -> None:
    """Write both halves of a game into ``folder``, as ``write_game`` does.

    Raises:
        UsageError: for a number that makes no broadcast, or files that are there.
        MomentumError: labels can't be read, or the folder not be written to.
    """
    from engine.football.json_document import MEGABYTE, read_json
    from engine.football.soccernet_spots import labelled_spots
    from engine.simulator.broadcast.happenings import drawn_spots
    from engine.simulator.match import draws_for
    from engine.simulator.timeline import draw_timeline

    if wanted.labels is not None:
        labelled = labelled_spots(read_json(wanted.labels, 8 * MEGABYTE), 2)
        spots, says = list(labelled.spots), labelled.says_visibility
    else:
        timeline = draw_timeline(draws_for(wanted.seed, "timeline"))
        spots = [
            spot
            for number in (1, 2)
            for spot in drawn_spots(timeline, number, draws_for(wanted.seed, f"broadcast {number} drawn"))
        ]
        says = False
    with shown() as progress:
        write_game(wanted, spots, says, folder, progress, force)


def write_game(
    wanted: BroadcastWanted,
    spots: "Sequence[Spot]",
    says_visibility: bool,
    folder: Path,
    progress: "Progress",
    force: bool = False,
) -> None:
    """Write the halves of a game whose events are ``spots``: N_90p.mp4, N_broadcast.json, and at last Labels-v2.json,
    so that a folder that has one is whole.

    Raises as ``simulate_broadcast`` does.
    """
    from engine.app.write_broadcast_video import write_video
    from engine.core.files import private_folder, write_whole
    from engine.football.soccernet_files import LABELS_V2
    from engine.simulator.broadcast.broadcast import SimulatedBroadcast

    broadcasts = [
        SimulatedBroadcast(half, wanted.fps, wanted.size) for half in plan_halves(wanted, spots, says_visibility)
    ]
    labels = folder / LABELS_V2
    videos = [files_of(folder, one.half.number, wanted.size[1]) for one in broadcasts]
    for file in [*(file for pair in videos for file in pair), labels]:
        if file.exists() and not force:
            raise UsageError(f"{file} is there already", "Choose another folder, or replace it with --force.")
    private_folder(folder)
    labels.unlink(missing_ok=True)
    for broadcast, (video, truth) in zip(broadcasts, videos, strict=True):
        write_video(broadcast, video, progress, replace=True)
        write_whole(truth, (json.dumps(broadcast.truth(), indent=1) + "\n").encode())
    write_whole(
        labels, (json.dumps(labels_of([one.half for one in broadcasts], folder.name), indent=1) + "\n").encode()
    )


def plan_halves(wanted: BroadcastWanted, spots: "Sequence[Spot]", says_visibility: bool) -> "list[Half]":
    """Both halves as they will be drawn. Raises ``UsageError`` for an impossible length, or labels without events."""
    from engine.simulator.broadcast.broadcast import Half
    from engine.simulator.broadcast.happenings import excerpt, happenings_of
    from engine.simulator.match import draws_for

    if wanted.minutes is not None and not 0.5 <= wanted.minutes <= 60:
        raise UsageError(f"{wanted.minutes:g} minutes are no half", "Ask for between 0.5 and 60 minutes of each.")
    halves: list[Half] = []
    score = (0, 0)
    for number in (1, 2):
        rng = draws_for(wanted.seed, f"broadcast {number} happenings")
        whole = happenings_of(spots, number, rng, says_visibility)
        if not whole:
            raise UsageError(f"nothing happens in half {number}", "Name labels of a whole game.")
        length_s = whole[-1].t_s + 20.0 if wanted.minutes is None else 60.0 * wanted.minutes
        start_s, inside = excerpt(whole, length_s, AROUND, rng)
        halves.append(Half(wanted.seed, number, start_s, length_s, tuple(inside), score))
        score = _score_after(halves)
    return halves


def labels_of(halves: "Sequence[Half]", game: str) -> dict[str, Any]:
    """What ``Labels-v2.json`` holds of these halves; the score is that of the excerpts."""
    from engine.core.clock_text import minutes_time
    from engine.football.soccernet_spots import NOT_SHOWN, VISIBLE

    home, away = _score_after(halves)
    return {
        "UrlLocal": game,
        "simulated": True,
        "gameHomeTeam": "simulated home",
        "gameAwayTeam": "simulated away",
        "gameDate": "",
        "gameScore": f"{home} - {away}",
        "annotations": [
            {
                "gameTime": f"{half.number} - {minutes_time(one.t_s, digits=2)}",
                "label": one.label,
                "position": str(round(1000 * one.t_s)),
                "team": one.side.value,
                "visibility": VISIBLE if one.shown else NOT_SHOWN,
            }
            for half in halves
            for one in half.happenings
        ],
    }


def _score_after(halves: "Sequence[Half]") -> tuple[int, int]:
    goals = [one.side.value for half in halves for one in half.happenings if one.label == "Goal"]
    return goals.count("home"), goals.count("away")
