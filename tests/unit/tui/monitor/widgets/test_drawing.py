"""What the widgets draw, as strings: what a person sees without colours.

Over 300 lines, since each widget of the screen has a few of its lines here, from the same moments.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

from engine.core.signals import End, Health, HealthChange, Reading, Rejected, Spike
from engine.football.match_clock import MatchClock
from engine.session.state import SessionState
from tests.unit.tui.monitor.fake_feed import INFO, FakeFeed, make_events
from tui.monitor.feed import FeedKind, SpikeLabel, Vitals
from tui.monitor.glyphs import ASCII, UNICODE, Glyphs
from tui.monitor.model import Model, Moment
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.bars import bar_rows
from tui.monitor.widgets.graph import Picture, graph_lines, picture_of
from tui.monitor.widgets.header_and_status import (
    BannerText,
    HeaderValue,
    KeyHint,
    StatusValue,
    banner_lines,
    banner_rows,
    header_line,
    keys_line,
    status_line,
)
from tui.monitor.widgets.index import big_number, index_lines
from tui.monitor.widgets.level import level_bar, level_lines
from tui.monitor.widgets.paint import Piece, fit, text_of, width_of
from tui.monitor.widgets.spectrum import shade_rows
from tui.monitor.widgets.spike_log import log_row
from tui.monitor.widgets.whole import whole_plot

HOSTILE = "[red]\x1b[31m\u202eevil\u200f 🏟️ " + "x" * 10_000


def moment(pressure: float | None, health: Health = Health.LISTENING, level_db: float = -20.0) -> Moment:
    reading = Reading(60.0, pressure, level_db, level_db + 8, health)
    return Moment(60.0, reading, health, "", 0.7, 0, None, -12.0, "23:41", "1st half")


def picture(values: list[float], following: bool = True) -> Picture:
    return Picture(np.array(values), 0.75, (), None, View(end_s=len(values) * 2.0, following=following))


def test_a_number_is_spelled_in_three_rows() -> None:
    assert big_number(0.74, UNICODE) == ["█▀▀█   ▀▀▀█ █  █", "█  █     █  ▀▀▀█", "▀▀▀▀ ▀   ▀     ▀"]
    assert big_number(None, ASCII) == ["             ", " _     _   _ ", "    .        "]


def test_every_number_has_the_same_width() -> None:
    for glyphs in (UNICODE, ASCII):
        assert len({cell_len(row) for value in (0.0, 0.11, 0.74, 1.0, None) for row in big_number(value, glyphs)}) == 1


def test_the_index_stands_beside_its_state_in_words() -> None:
    lines = text_of(index_lines(moment(0.12), None, 60, 4, UNICODE))
    assert [line.strip("─ ") for line in (lines[0][:20], lines[1][20:])] == ["Attack pressure", "○ CALM"]
    assert "nothing is building" in lines[2]
    assert "alarm from 0.70" in lines[3]


def test_without_a_number_the_panel_says_why() -> None:
    said = " ".join(text_of(index_lines(moment(None, Health.SILENT), None, 60, 4, UNICODE)))
    assert "✕ SILENT" in said
    assert "nothing but zeros" in said


@pytest.mark.parametrize("health", [Health.SILENT, Health.STALLED, Health.LOST, Health.RECOVERING])
def test_a_number_from_before_is_never_shown(health: Health) -> None:
    lost = replace(moment(0.9), health=health)
    said = text_of(index_lines(lost, None, 60, 4, UNICODE))
    dashes = big_number(None, UNICODE)
    assert [line[1 : 1 + len(dashes[0])] for line in said[1:]] == dashes


def test_an_engine_that_died_is_a_state_with_what_to_do() -> None:
    said = " ".join(text_of(index_lines(moment(0.9), End(60.0, "fault", "MLX gave up"), 70, 4, UNICODE)))
    assert "ENDED" in said
    assert "MLX gave up" in said
    assert big_number(0.90, UNICODE)[0] not in said


def test_one_row_is_enough_for_number_and_state() -> None:
    assert text_of(index_lines(moment(0.9), None, 40, 1, UNICODE))[0].startswith("0.90  ▲ ALARM ")


def test_bars_have_a_fixed_scale() -> None:
    assert bar_rows(np.array([0.0, 0.25, 0.5, 0.75, 1.0, math.nan]), 2, UNICODE) == ["   ▄█ ", "▁▄███·"]
    assert bar_rows(np.array([0.0, 0.25, 0.5, 0.75, 1.0, math.nan]), 2, ASCII) == ["   ;# ", ".;###."]


def test_the_graph_has_its_line_where_the_threshold_is() -> None:
    lines = text_of(graph_lines(picture([0.2] * 20 + [0.9] * 4), "Index", 32, 7, UNICODE))
    assert lines[2:6] == [
        " alarm ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▅▅▅▅",
        "                           ████",
        "                           ████",
        "  0.0  ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆████",
    ]
    assert lines[6].endswith("now")


def test_a_following_axis_says_how_long_ago_and_a_frozen_one_when() -> None:
    following = text_of(graph_lines(picture([0.2] * 60), "Index", 70, 7, UNICODE))[-1]
    frozen = text_of(graph_lines(picture([0.2] * 60, following=False), "Index", 70, 7, UNICODE))[-1]
    assert following.split() == ["−1:30", "−1:00", "−0:30", "now"]
    assert frozen.split() == ["0:30", "1:00", "1:30", "2:00"]


def test_spikes_marks_and_rejected_stand_above_their_columns() -> None:
    feed = FakeFeed(make_events(300.0))
    model = Model(feed)
    model.open()
    seen = picture_of(model, View().moved(290.0), 140, with_rejected=True)
    assert [marker.kind for marker in seen.markers] == ["rejected", "spike", "spike", "spike"]
    assert all(seen.columns[marker.column] > 0.6 for marker in seen.markers if marker.kind == "spike")


def test_an_earlier_view_does_not_know_later_spikes() -> None:
    model = Model(FakeFeed(make_events(300.0)))
    model.open()
    view = View().moved(300.0).looking_at(100.0, 300.0, 40)
    assert len(picture_of(model, view, 40, with_rejected=False).markers) == 1


def test_the_level_bar_is_full_at_full_scale_and_empty_below_sixty() -> None:
    assert text_of([level_bar(0.0, None, 12, UNICODE)]) == ["█" * 12]
    assert text_of([level_bar(-90.0, None, 12, UNICODE)]) == [" " * 12]
    assert text_of([level_bar(-30.0, -10.0, 12, UNICODE)]) == ["██████    ┃ "]
    assert text_of([level_bar(-28.0, -10.0, 12, ASCII)]) == ["######    | "]


@pytest.mark.parametrize(
    ("health", "flag"),
    [
        (Health.CLIPPED, "! CLIPPED"),
        (Health.SILENT, "SILENT"),
        (Health.LOST, "no sound arrives"),
        (Health.LISTENING, "level ok"),
    ],
)
def test_the_level_says_in_words_what_is_wrong(health: Health, flag: str) -> None:
    assert flag in " ".join(text_of(level_lines(moment(0.1, health), "mic", 34, 4, UNICODE)))


def test_a_spike_has_time_clock_height_duration_delay_and_review() -> None:
    spike = Spike(1500.0, 1521.0, 1512.0, 0.93, 1502.1)
    line = log_row(spike, SpikeLabel(1500.0, "right", "goal", "header"), MatchClock({1: 100.0}), 90, UNICODE)
    said = " ".join("".join(piece.text for piece in line).split())
    assert said == "▼ 25:21 23:41 0.93 ━━━━━━━━━ 12 s +2.1 s ✓ right goal header"


def test_a_spike_says_what_it_sounded_like_until_a_person_says_what_it_was() -> None:
    spike = Spike(1500.0, 1521.0, 1512.0, 0.93, 1502.1, "horn or drum", 0.7)
    for label, said in (
        (None, "+2.1 s horn or drum"),
        (SpikeLabel(1500.0, "wrong"), "+2.1 s horn or drum ✗ wrong"),
        (SpikeLabel(1500.0, "right", "goal"), "+2.1 s ✓ right goal"),
    ):
        line = " ".join(text_of([log_row(spike, label, MatchClock(), 80, UNICODE)])[0].split())
        assert line.endswith(said)


def test_what_is_heard_has_a_line_beneath_the_index_and_none_without_tags() -> None:
    plain, told = moment(0.12), replace(moment(0.12), heard="chant 0.81, speech 0.22")
    assert text_of(index_lines(told, None, 45, 5, UNICODE))[-1].strip() == "heard: chant 0.81, speech 0.22"
    assert text_of(index_lines(replace(told, heard=""), None, 45, 5, UNICODE))[-1].strip() == "heard: nothing clear"
    assert text_of(index_lines(told, None, 45, 5, UNICODE))[:4] == text_of(index_lines(plain, None, 45, 4, UNICODE))
    for size in ((45, 4), (45, 3), (30, 1)):
        assert text_of(index_lines(told, None, *size, UNICODE)) == text_of(index_lines(plain, None, *size, UNICODE))
    stalled = replace(told, health=Health.STALLED)
    assert "heard" not in " ".join(text_of(index_lines(stalled, None, 45, 5, UNICODE)))


def test_a_rejected_candidate_says_why() -> None:
    line = text_of([log_row(Rejected(101.0, 0.55, "below_threshold", 110.0), None, MatchClock(), 90, ASCII)])[0]
    assert "0.55" in line
    assert "stayed below the alarm line" in line


def test_the_header_says_how_far_behind_a_frozen_view_is() -> None:
    value = HeaderValue(INFO, 100.0, 142.0, following=False, running=True, minute="01:40", period="1st half")
    line = text_of([header_line(value, 80, UNICODE)])[0]
    assert "FROZEN 0:42 behind, recording goes on" in line
    assert line.rstrip().endswith("1st half 01:40 · 1:40")


@pytest.mark.parametrize(
    ("kind", "word"), [(FeedKind.LIVE, "LIVE"), (FeedKind.WATCH, "WATCHING"), (FeedKind.REPLAY, "REPLAY 8x")]
)
def test_the_header_says_what_one_looks_at(kind: FeedKind, word: str) -> None:
    speed = 8.0 if kind is FeedKind.REPLAY else None
    value = HeaderValue(replace(INFO, kind=kind), 5.0, 9.0, following=True, running=True, speed=speed)
    assert word in text_of([header_line(value, 80, UNICODE)])[0]


def test_untrained_weights_and_a_simulation_are_said_and_a_real_match_needs_no_banner() -> None:
    assert banner_lines(INFO) == []
    lines = banner_lines(replace(INFO, trained=False, simulated=True))
    assert lines[0] == "untrained weights: the index means nothing yet"
    assert lines[1].endswith("To listen: momentum live mic")
    assert "no microphone found" in banner_lines(replace(INFO, simulated=True, fallback=True))[0]


@pytest.mark.parametrize("fallback", [False, True])
def test_the_demo_says_what_it_is_in_one_row_of_80_columns(fallback: bool) -> None:
    lines = banner_lines(replace(INFO, simulated=True, fallback=fallback, at_once_s=40.0))
    assert len(banner_rows([BannerText(line) for line in lines], 80, 3, UNICODE)) == 1


def test_the_status_line_leaves_out_what_does_not_fit() -> None:
    value = StatusValue(INFO, moment(0.1), 10.77, Vitals(0.12, 41 * 1024**3))
    assert text_of([status_line(value, 120, UNICODE)])[0].rstrip().split(" · ") == [
        " ○ listening",
        "10.8/s",
        "delay 120 ms",
        "weights default",
        "session 20261120T150000Z-4f2a9c",
        "disk 41 GB free",
    ]
    assert "session" not in text_of([status_line(value, 60, UNICODE)])[0]


def test_the_way_out_is_always_in_the_footer_and_help_where_there_is_room() -> None:
    hints = [KeyHint(*words, "a") for words in (("space", "freeze"), ("m", "mark"), ("?", "help"), ("q", "quit"))]
    assert text_of([keys_line(hints, 34)])[0].split() == ["space", "freeze", "?", "help", "q", "quit"]
    assert text_of([keys_line(hints, 20)])[0].split() == ["?", "help", "q", "quit"]
    assert text_of([keys_line(hints, 10)])[0].split() == ["q", "quit"]
    assert keys_line(hints, 34)[0].action == "a"


def test_the_state_word_is_visible_where_there_is_no_room_beside_the_number() -> None:
    for size in ((20, 1), (20, 3), (20, 4)):
        drawn = text_of(index_lines(moment(0.5), None, *size, UNICODE))
        assert any("BUILDING" in line[:20] for line in drawn)


def test_a_warning_is_broken_at_words_and_none_is_lost_for_another() -> None:
    warnings = [BannerText("Stopped: the microphone is gone and will not come back"), BannerText("a simulated match")]
    assert text_of(banner_rows(warnings, 30, 3, UNICODE)) == [
        " ! Stopped: the microphone is ",
        "   gone and will not come … ",
        " ! a simulated match ",
    ]
    assert len(banner_rows(warnings, 30, 1, UNICODE)) == 1


def test_the_spectrum_is_dark_where_it_is_loud_low_bands_at_the_bottom() -> None:
    quiet_then_low = np.full((2, 64), -80.0, np.float32)
    quiet_then_low[1, :32] = -20.0
    assert shade_rows(quiet_then_low, 2, UNICODE) == ["  ", " █"]


def test_the_whole_session_is_plotted_on_the_fixed_scale() -> None:
    lines = whole_plot([0.5, 1.0, 1.5], [0.1, 0.9, 0.1], [1.0], 60, 10, braille=False)
    assert {len(line) for line in lines} == {60}
    assert [line[:3] for line in lines if line[:3].strip()][:3] == ["1.0", "0.5", "0.0"]
    assert "v" in "".join(lines)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_text_from_outside_is_shown_as_plain_text(glyphs: Glyphs) -> None:
    info = replace(INFO, source=HOSTILE, session=HOSTILE, weights=HOSTILE)
    label = SpikeLabel(10.0, "right", HOSTILE, HOSTILE)
    lost = replace(moment(None, Health.LOST), detail=HOSTILE)
    lines = [
        header_line(HeaderValue(info, 5.0, 9.0, following=True, running=True), 80, glyphs),
        status_line(StatusValue(info, moment(0.1), 10.8, Vitals(detail=HOSTILE)), 80, glyphs),
        log_row(Spike(10.0, 11.0, 20.0, 0.9, 11.0), label, MatchClock(), 80, glyphs),
        log_row(Rejected(10.0, 0.5, HOSTILE, 20.0), label, MatchClock(), 80, glyphs),
        *[fit(line, 80) for line in index_lines(lost, End(1.0, HOSTILE, HOSTILE), 80, 4, glyphs)],
        *[fit(line, 40) for line in level_lines(moment(0.1), HOSTILE, 40, 4, glyphs)],
    ]
    for line in lines:
        assert width_of(line) in (40, 80)
        text = "".join(piece.text for piece in line)
        assert not any(character in text for character in "\x1b\u202e\u200f\n")


def test_lines_are_cut_by_cells_not_by_characters() -> None:
    assert text_of([fit([Piece("球場球場")], 5)]) == ["球場 "]


def test_health_words_are_for_people() -> None:
    model = Model(FakeFeed([]))
    model.take([HealthChange(1.0, Health.WARMING_UP, "")])
    line = text_of([status_line(StatusValue(INFO, model.moment(1.0), None, Vitals()), 80, UNICODE)])[0]
    assert "warming up" in line


def test_what_has_ended_is_not_listening_any_more() -> None:
    line = text_of(
        [status_line(StatusValue(INFO, moment(0.1), 10.8, Vitals(), ended=SessionState.ENDED), 80, UNICODE)]
    )[0]
    assert line.startswith(" ended")
    assert "listening" not in line
    assert "/s" not in line
