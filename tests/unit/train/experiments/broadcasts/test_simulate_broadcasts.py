"""Which real timelines become simulated broadcasts, and drawing them in as many goes as it takes."""

import gzip
from pathlib import Path

import pytest

from engine.core.as_program import as_program
from engine.core.errors import UsageError
from engine.football.soccernet import Spot
from train.experiments.broadcasts import simulate_broadcasts
from train.experiments.broadcasts.__main__ import main
from train.experiments.broadcasts.official_layout import read_labels
from train.experiments.broadcasts.simulate_broadcasts import Sizes, choose_games, draw, read_plan, untold

SMALL = Sizes(train=2, valid=1, test=1, minutes=0.5)


def spots(count=25):
    return [Spot(half, 20_000 * n, "Foul" if n % 5 else "Goal") for half in (1, 2) for n in range(count)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Tables as those of real labels; one game of each was annotated in parts alone."""
    for part in ("valid", "test"):
        rows = [
            f"league/season/{part} {n},{spot.half},{spot.position_ms / 1000},{spot.label}"
            for n in range(4)
            for spot in spots(3 if n == 0 else 25)
        ]
        table = tmp_path / f"labels_{part}.csv.gz"
        table.write_bytes(gzip.compress("\n".join(["game,half,second,label", *rows]).encode()))
    return tmp_path


def test_no_game_is_in_two_parts_and_test_games_only_test(data: Path):
    valid, test = (read_labels(data / f"labels_{part}.csv.gz") for part in ("valid", "test"))
    games = choose_games(valid, test, SMALL, seed=3)
    assert len({game.game for game in games}) == len({game.seed for game in games}) == 4
    assert [game.split for game in games] == ["train", "train", "valid", "test"]
    assert {game.game.split("/")[-1].split()[0] for game in games if game.split == "test"} == {"test"}
    assert not {game.game for game in games} & {"league/season/valid 0", "league/season/test 0"}
    assert games == choose_games(valid, test, SMALL, seed=3) != choose_games(valid, test, SMALL, seed=4)
    with pytest.raises(UsageError, match="of which there are 3"):
        choose_games(valid, test, Sizes(3, 1, 1), seed=0)


def test_drawing_goes_on_after_a_kill_and_draws_nothing_twice(data: Path, tmp_path: Path, monkeypatch):
    drawn, out = [], tmp_path / "drawn"

    def write(wanted, spots, says, folder, progress, force=False):
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(folder)
        folder.mkdir(parents=True)
        (folder / "Labels-v2.json").touch()

    monkeypatch.setattr(simulate_broadcasts, "write_game", write)
    with pytest.raises(KeyboardInterrupt):
        draw(data, out, SMALL, 0, untold)
    with pytest.raises(UsageError, match="2 of 4 broadcasts are not drawn yet"):
        read_plan(out)
    first, drawn[:] = list(drawn), []
    draw(data, out, SMALL, 0, untold)
    assert len(drawn) == 2 and not set(first) & set(drawn)
    assert [game.folder(out) for game in read_plan(out)] == first + drawn
    with pytest.raises(UsageError, match="drawn otherwise"):
        draw(data, out, SMALL, 1, untold)


def test_a_folder_of_something_else_is_left_alone(data: Path, capsys: pytest.CaptureFixture[str]):
    drawing = ["draw", "--data", str(data), "--out", str(data), "--train", "1", "--valid", "1", "--test", "1"]
    assert as_program(lambda: main(drawing)) == 2
    assert "holds other files" in capsys.readouterr().err
    assert as_program(lambda: main(["measure", "--drawn", str(data), "--out", str(data)])) == 2
    assert "holds no drawn broadcasts" in capsys.readouterr().err
