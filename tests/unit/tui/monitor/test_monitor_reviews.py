"""Verdicts on spikes, and what they sounded like, by a pilot on a made-up session."""

from dataclasses import replace

import pytest
from textual.widgets import Static

from tests.unit.tui.monitor.stage import REPLAY, SPIKES, WATCH, Opening
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.widgets.header_and_status import KeyBar
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.spike_log import SpikeLog


async def test_y_and_n_keep_a_verdict_at_once_and_the_same_key_takes_it_back(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("y")
        assert [(label.verdict, label.rejected) for label in stage.feed.kept_labels] == [("right", False)]
        assert stage.feed.kept_labels[0].onset == pytest.approx(SPIKES[2], abs=4.0)
        assert "✓ right" in stage.text(SpikeLog)
        assert "y takes it back, r says what it was" in stage.said[-1]
        await stage.press("n")
        assert "✗ wrong" in stage.text(SpikeLog)
        await stage.press("n")
        assert "✓ right" in stage.text(SpikeLog)
        await stage.press("y")
        assert stage.feed.kept_labels == []
        assert "taken back" in stage.said[-1]
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_a_verdict_is_about_the_chosen_spike_and_about_the_newest_again_after_going_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "comma", "y")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[1], abs=4.0)
        await stage.press("space", "n")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[2], abs=4.0)


async def test_in_a_replay_a_spike_that_is_still_to_come_is_not_judged(on_stage: Opening) -> None:
    async with on_stage(REPLAY) as stage:
        await stage.tick(50.0)
        await stage.press("y")
        assert stage.feed.kept_labels == []
        assert stage.said[-1] == "no spike to review yet"
        await stage.tick(50.0)
        await stage.press("y")
        assert stage.feed.kept_labels[-1].onset == pytest.approx(SPIKES[0], abs=4.0)


async def test_r_adds_what_it_was_and_a_note_to_a_verdict(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "y", "r", "g", *"header", "enter")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note, label.rejected) == ("right", "goal", "header", False)
        assert "✓ right goal header" in stage.text(SpikeLog)
        await stage.press("n")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note) == ("wrong", "goal", "header")
        await stage.press("n", "y", "y")
        assert stage.feed.kept_labels[-1].note == "header"


async def test_a_cancelled_note_keeps_the_verdict_and_what_it_was(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("r", "n", "m", *"half a no", "escape")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.note) == ("wrong", "music", "")
        await stage.press("r", "escape")
        assert stage.feed.kept_labels[-1] == label


async def test_a_rejected_candidate_can_be_reviewed_too(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("x", "down", "down", "down", "n", "r", "c", "enter")
        label = stage.feed.kept_labels[-1]
        assert (label.verdict, label.what, label.rejected) == ("wrong", "chance", True)


async def test_the_review_offers_sound_only_where_it_was_kept(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("r")
        assert not {"play", "clip"} & values_of(stage.app.screen)
        await stage.press("escape")
        stage.feed.sound_kept = True
        await stage.press("r")
        assert {"play", "clip"} <= values_of(stage.app.screen)
        await stage.press("y")
        assert {"play", "clip"} <= values_of(stage.app.screen)


def values_of(dialog: object) -> set[str]:
    """What can be chosen in a dialog."""
    assert isinstance(dialog, Ask)
    assert dialog._question is not None
    return {choice.value for choice in dialog._question.choices}


async def test_a_session_that_can_not_be_written_offers_no_review(on_stage: Opening) -> None:
    async with on_stage(WATCH) as stage:
        stage.feed.may_write = False
        await stage.tick(2.0)
        assert "y right" not in stage.text(KeyBar)
        assert "mark" not in stage.text(KeyBar)
        await stage.press("y")
        assert "can't be written" in stage.said[-1]
        assert "right" not in stage.text(SpikeLog)
        await stage.press("r")
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_a_clip_that_can_not_be_written_says_why_in_the_dialog_and_the_review_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.sound_kept = True
        await stage.press("r", "e")
        await stage.written()
        assert "kept no sound" in stage.said[1]
        assert isinstance(stage.app.screen, Ask)


async def test_without_a_spike_there_is_nothing_to_review(on_stage: Opening) -> None:
    async with on_stage(until_s=50.0) as stage:
        await stage.press("r")
        assert stage.said[-1] == "no spike to review yet"


async def test_what_was_heard_is_shown_for_the_moment_in_view_and_the_panel_has_a_row_for_it(on_stage: Opening) -> None:
    async with on_stage() as stage:
        assert "heard" not in stage.text(IndexPanel)
        rows = stage.screen.query_one(IndexPanel).size.height
    async with on_stage(tags=True) as stage:
        assert stage.screen.query_one(IndexPanel).size.height == rows + 1
        assert "heard: cheer 0.8" in stage.text(IndexPanel) or "heard: chant 0.81" in stage.text(IndexPanel)
        stage.screen.look_at(60.0)
        assert "heard: chant 0.81" in stage.text(IndexPanel) and "music" not in stage.text(IndexPanel)
        stage.screen.look_at(20.0)
        assert "heard" not in stage.text(IndexPanel)
        assert "cheer" in stage.text(SpikeLog) and "sounds like, review" in stage.text(SpikeLog)


async def test_the_review_proposes_what_the_spike_sounded_like_and_the_verdict_stays_one_key(on_stage: Opening) -> None:
    async with on_stage(tags=True) as stage:
        spike = stage.screen.model.spikes[-1]
        stage.screen.model.spikes[-1] = replace(spike, what="horn or drum", what_probability=0.7)
        stage.screen.repaint_log()
        await stage.press("r")
        dialog = stage.app.screen
        assert isinstance(dialog, Ask)
        assert "sounds like horn or drum (0.70)." in str(dialog.query_one("#about", Static).content)
        await stage.press("n")
        assert stage.feed.kept_labels[-1].verdict == "wrong"
        await stage.press("enter", "enter")
        assert (stage.feed.kept_labels[-1].verdict, stage.feed.kept_labels[-1].what) == ("wrong", "chant")


async def test_the_filter_finds_a_spike_by_what_it_sounded_like(on_stage: Opening) -> None:
    async with on_stage(tags=True) as stage:
        model = stage.screen.model
        model.spikes[0] = replace(model.spikes[0], what="whistle", what_probability=0.7)
        assert len(stage.screen.listed()) > 1
        await stage.press("slash", *"whist", "enter")
        assert stage.screen.listed() == [model.spikes[0]]
