"""What a card of weights says."""

from dataclasses import replace

import pytest

from engine.core.paths import shipped_weights
from engine.core.spike_settings import SpikeSettings
from engine.core.weights_config_file import CARD_FILE
from engine.model.checkpoint import read_config
from train.evaluate.card import with_line, write_card


def test_another_line_changes_what_a_card_says_of_the_line_and_nothing_else():
    config, _ = read_config(shipped_weights() / "default")
    card = (shipped_weights() / "default" / CARD_FILE).read_text(encoding="utf-8")
    assert with_line(card, config) == card
    reels = {"hours": 2.0, "cries_found": 0.75, "false_per_hour": 4.0}
    other = replace(
        config,
        spikes=SpikeSettings(on=0.25, off=0.15),
        operating_points=config.operating_points[:1],
        measured=dict(config.measured) | {"real_reels": reels},
    )
    before, after = card.splitlines(), with_line(card, other).splitlines()
    assert "| spike threshold | on 0.25, off 0.15 |" in after
    assert "| real reels | hours 2, cries found 0.75, false per hour 4 |" in after
    assert [line for line in after if line not in before] == [
        "| spike threshold | on 0.25, off 0.15 |",
        "| real reels | hours 2, cries found 0.75, false per hour 4 |",
    ]
    assert len(before) - len(after) == len(config.operating_points) - 1


def test_a_card_without_a_line_is_refused():
    config, _ = read_config(shipped_weights() / "default")
    assert "| spike threshold |" in write_card(config, {"matches": {}, "simulated": 0})
    with pytest.raises(ValueError, match="nothing of an alarm line"):
        with_line("# A card\n", config)
