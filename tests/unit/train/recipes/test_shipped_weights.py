"""The recipe of the shipped weights, on a few drawn minutes: what is trained, and what the card says of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.model.checkpoint import load
from engine.model.encoder import EncoderConfig
from tests.unit.train.recipes.drawn_matches import drawn
from train.fit.loop.trainer import Schedule
from train.fit.settings import CropSettings, FineTuneSettings, FitSettings
from train.recipes import shipped_weights

BRIEF = Schedule(steps=2, warmup=1, check_every=2)
QUICK = FitSettings(
    folds=2,
    fold_steps=0,
    segments=2,
    histories=2,
    schedule=BRIEF,
    columns=Schedule(steps=1, warmup=1),
    crops=CropSettings(stretches=2, crops=2),
    fine_tune=FineTuneSettings(copies=1, histories=4, schedule=BRIEF),
    encoder=EncoderConfig(channels=(8, 8, 8, 8), embedding=8),
)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe whose matches are drawn here, and whose figures are not."""
    matches = drawn(tmp_path / "drawn", 5)
    matches[1] = replace(matches[1], recorded=True)
    monkeypatch.setattr(shipped_weights, "SETTINGS", QUICK)
    monkeypatch.setattr(shipped_weights, "plans_of", lambda *_: ([0, 1, 2], [3, 4], []))
    monkeypatch.setattr(shipped_weights, "simulated", lambda _, plans, __: [matches[number] for number in plans])
    monkeypatch.setattr(shipped_weights, "evaluate", lambda *_, **__: None)
    monkeypatch.setattr(shipped_weights, "to_report", lambda _: None)
    monkeypatch.setattr(shipped_weights, "measured_sections", lambda _: ["## Measured"])


@pytest.mark.usefixtures("quick")
def test_a_network_taught_by_two_is_as_small_as_one_and_its_card_says_who_taught(tmp_path: Path):
    shipped_weights.main([str(tmp_path / "out"), "--work", str(tmp_path), "--networks", "2", "--distil", "7"])

    assert load(tmp_path / "out").config.encoder == QUICK.encoder
    card = (tmp_path / "out" / "CARD.md").read_text(encoding="utf-8")
    assert "Of the targets 50%, for the head's last stage 70%" in card and "2 networks says" in card
    assert "| simulated ones with recorded sounds in them | 1 |" in card
    assert {folder.name for folder in tmp_path.glob("run*")} == {"run", "run-1", "run-7-taught-by-2"}
    # The teachers are those that --networks alone ships as one: nothing of them is trained again.
    shipped_weights.main([str(tmp_path / "wide"), "--work", str(tmp_path), "--networks", "2"])
    assert load(tmp_path / "wide").config.encoder == replace(QUICK.encoder, channels=(16, 16, 16, 16), embedding=16)


def test_tags_go_with_one_network_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for several in (["--networks", "2"], ["--distil", "3"]):
        with pytest.raises(SystemExit):
            shipped_weights.main([str(tmp_path), "--work", str(tmp_path), "--tags", *several])
        assert "--tags goes with one network alone" in capsys.readouterr().err


@pytest.mark.usefixtures("quick")
def test_the_one_that_is_taught_has_a_seed_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        shipped_weights.main([str(tmp_path), "--work", str(tmp_path), "--networks", "2", "--distil", "1"])
    assert "--distil needs a seed of its own; the networks have 0 to 1" in capsys.readouterr().err
