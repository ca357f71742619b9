"""Why a spike rose: asked for, refined and left, by a pilot on a made-up session."""

import pytest

from engine.core.errors import InputError
from tests.unit.tui.monitor.made_up_explanation import made_up
from tests.unit.tui.monitor.stage import Opening
from tui.monitor.glyphs import UNICODE
from tui.monitor.screens.monitor import MonitorScreen
from tui.monitor.widgets.paint import text_of
from tui.monitor.widgets.spike_log import SpikeLog
from tui.monitor.widgets.why import WhyPanel


async def test_w_says_why_the_selected_spike_rose_while_the_monitor_goes_on(on_stage: Opening) -> None:
    async with on_stage() as stage:
        await stage.press("comma", "w")
        await stage.written()
        spike = stage.screen.query_one(SpikeLog).selected
        assert stage.feed.explained == [spike]
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "mostly " in shown
        assert "then" in shown
        stage.feed.until_s = 260.0
        await stage.tick()
        assert stage.screen.model.head_s == pytest.approx(260.0, abs=0.1)
        await stage.press("escape")
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_why_says_what_is_missing(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.fails_to_explain = InputError("session x kept no sound", "Record with --sound to keep it.")
        await stage.press("w")
        await stage.written()
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "kept no sound" in shown
        assert "--sound" in shown


async def test_a_first_answer_to_why_is_there_while_it_is_refined(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.explains_for_ever = True
        await stage.press("w")
        assert stage.feed.asked.wait(60)
        shown = "\n".join(text_of(stage.app.screen.query_one(WhyPanel).draw(80, 24)))
        assert "mostly " in shown
        assert "being refined: 9 gradients, the parts miss 10.0% (aim: 1%)" in shown
        assert "as they should" not in shown
        await stage.press("escape")
        await stage.written()


async def test_why_that_is_left_is_computed_no_further(on_stage: Opening) -> None:
    async with on_stage() as stage:
        stage.feed.explains_for_ever = True
        await stage.press("w")
        assert stage.feed.asked.wait(60)
        await stage.press("escape")
        await stage.written()  # ends only when the thread has ended
        assert isinstance(stage.app.screen, MonitorScreen)


async def test_why_without_a_spike_explains_the_moment_in_view(on_stage: Opening) -> None:
    async with on_stage(until_s=60.0) as stage:
        await stage.press("w")
        await stage.written()
        assert stage.feed.explained == [pytest.approx(60.0, abs=0.1)]


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
def test_an_explanation_fits_its_screen(size: tuple[int, int]) -> None:
    panel = WhyPanel(UNICODE, 74.0, "wait")
    panel._explanation = made_up()
    lines = text_of(panel._draw_fitted(*size))
    assert len(lines) <= size[1]
    assert all(len(line) == size[0] for line in lines)
    assert any("mostly" in line for line in lines)
