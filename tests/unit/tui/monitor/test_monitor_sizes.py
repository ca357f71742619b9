"""The monitor on terminals of every size, on a made-up session."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.signals import Health, HealthChange
from tests.unit.tui.monitor.fake_feed import INFO
from tests.unit.tui.monitor.stage import NOW_S, REPLAY, WATCH, Opening
from tui.monitor.feed import FeedInfo, FeedKind
from tui.monitor.glyphs import UNICODE
from tui.monitor.widgets.action_outcome import ActionOutcome
from tui.monitor.widgets.alarm_budget import BudgetPanel
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.header_and_status import Banner, KeyBar
from tui.monitor.widgets.paint import Painted, text_of
from tui.monitor.widgets.spectrum import Spectrum


@pytest.mark.parametrize("size", [(40, 10), (20, 5), (80, 24), (200, 50), (500, 3), (1, 1)])
async def test_any_size_is_drawn(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=(80, 24)) as stage:
        await stage.pilot.resize_terminal(*size)
        await stage.tick()
        for panel in stage.screen.query(Painted):
            lines = panel.draw(max(panel.content_size.width, 1), max(panel.content_size.height, 1))
            assert isinstance(lines, list)


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 50)])
async def test_nothing_that_is_said_lies_over_the_log_or_the_footer(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=size) as stage:
        stage.feed.push(HealthChange(NOW_S, Health.LOST, "USB microphone"))
        await stage.tick()
        await stage.press("right_square_bracket")
        await stage.pilot.pause()
        assert not list(stage.app.screen.query("Toast"))
        shown = [panel for panel in stage.screen.query(Painted) if panel.display and panel.region.height]
        lines = [y for panel in shown if panel.region.x == 0 for y in range(panel.region.y, panel.region.bottom)]
        assert sorted(lines) == sorted(set(lines))
        assert "more false alarms" in " ".join(stage.text(ActionOutcome).split())
        assert "Lost: USB microphone" in stage.text(Banner)
        assert "q quit" in stage.text(KeyBar)
        assert stage.screen.query_one(KeyBar).region.bottom == size[1]


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5)])
@pytest.mark.parametrize("info", [INFO, WATCH, REPLAY])
async def test_the_footer_always_has_a_way_out_and_the_state_is_always_said(
    on_stage: Opening, size: tuple[int, int], info: FeedInfo
) -> None:
    async with on_stage(info, size=size) as stage:
        await stage.tick()
        picture = stage.app.export_screenshot().replace("&#160;", " ")
        assert "q quit" in stage.text(KeyBar)
        assert stage.screen.query_one(KeyBar).region.bottom == size[1]
        word = "WARMING" if info.kind is FeedKind.REPLAY else "CALM"
        assert word in picture
        await stage.press("space")
        assert "q quit" in stage.text(KeyBar)


@pytest.mark.parametrize("info", [INFO, REPLAY])
async def test_the_whole_view_has_no_blank(on_stage: Opening, info: FeedInfo) -> None:
    async with on_stage(info) as stage:
        await stage.tick(90.0)
        await stage.press("0")
        foot = stage.text(Graph).splitlines()[-2][7:]
        assert len(foot) == stage.screen.columns
        assert " " not in foot


async def test_the_sound_by_pitch_is_filled_when_the_terminal_becomes_large_enough(on_stage: Opening) -> None:
    async with on_stage(until_s=200.0) as stage:
        for second in range(50):
            stage.feed.mel = np.full(64, -60.0 + second, np.float32)
            stage.feed.until_s = 200.0 + second
            await stage.tick(1.0)
        assert not stage.screen.query_one(Spectrum).display
        await stage.pilot.resize_terminal(200, 50)
        await stage.tick()
        strip = stage.text(Spectrum).splitlines()[1][7:].rstrip()
        assert len(strip.strip()) >= 15  # two seconds a column, the faintest are blank
        await stage.press("plus", "plus", "left")
        assert stage.screen.view.column_s == 0.5
        strip = stage.text(Spectrum).splitlines()[1][7:].strip()
        assert len(strip) >= 60
        assert " " not in strip


def test_the_alarm_budget_is_never_cut_within_a_word() -> None:
    said = "platt scaling on forty matches that were kept apart, each by the thresholds of the others"
    panel = BudgetPanel(UNICODE, replace(INFO, calibration=said, label_rule="danger within ten seconds of a shot"))
    for height in (6, 8):
        lines = [line.strip() for line in text_of(panel.draw(46, height))]
        words = set(" ".join(lines[1:]).split()) - {"…"}
        assert len(lines) == height
        known = f"{said} alarm from 0.70 about 1 false alarm a match labels: danger within ten seconds of a shot"
        assert words <= set(f"{known} calibration: index: chance of a danger event near by".split())


@pytest.mark.parametrize(
    ("threshold", "keys"), [(0.8, "] more"), (0.7, "[ fewer  ] more"), (0.55, "[ fewer"), (0.9, "] more")]
)
def test_the_alarm_budget_names_the_keys_that_lead_somewhere(threshold: float, keys: str) -> None:
    head = text_of(BudgetPanel(UNICODE, replace(INFO, threshold=threshold)).draw(46, 8))[0]
    assert keys in head
    assert ("fewer" in head, "more" in head) == ("fewer" in keys, "more" in keys)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (80, 24)])
async def test_a_dialog_shows_its_first_choice_on_any_terminal(on_stage: Opening, size: tuple[int, int]) -> None:
    async with on_stage(size=size) as stage:
        await stage.press("r")
        assert "y  right" in stage.app.export_screenshot().replace("&#160;", " ")
