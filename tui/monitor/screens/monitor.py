"""The monitor: a view of a session, drawn anew from it many times a second.

Over 300 lines, since what is painted when, and what is not painted, is to be read in one place.
"""

from collections.abc import Callable
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Resize

from engine.core.errors import MomentumError
from engine.core.signals import End, Event, Health
from engine.core.spotted import Spotted
from engine.core.text import plain
from engine.session.state import KILLED, SessionState, state_of
from tui.monitor.alerts import Alerts
from tui.monitor.feed import FeedKind, SessionFeed
from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import key_name
from tui.monitor.model import Moment
from tui.monitor.replay_clock import ReplayClock
from tui.monitor.screens.acting import moment_of
from tui.monitor.screens.ask import Ask
from tui.monitor.screens.filtering import FilterLine
from tui.monitor.screens.switch_session import VisitingScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.widgets.action_outcome import SHOWN_S, ActionOutcome
from tui.monitor.widgets.alarm_budget import BudgetPanel
from tui.monitor.widgets.graph import Graph, picture_of
from tui.monitor.widgets.header_and_status import (
    Banner,
    BannerText,
    Header,
    HeaderValue,
    KeyBar,
    KeyHint,
    StatusLine,
    StatusValue,
)
from tui.monitor.widgets.index import IndexPanel
from tui.monitor.widgets.level import LevelPanel
from tui.monitor.widgets.spectrum import Spectrum
from tui.monitor.widgets.spike_log import LogValue, SpikeLog
from tui.monitor.widgets.spoken import SpokenLine
from tui.monitor.widgets.whole import WholeSession

_WHOLE_EVERY_S = 2.0
_STALE_AFTER_S = 2.0
"""Without a new moment for this long the index is not shown any more."""
_VITALS_EVERY_S = 1.0
_HINTS: dict[str, str] = {
    "following": "freeze right wrong previous_spike review mark goal why export clock zoom_out help quit",
    "frozen": "freeze back forward right wrong previous_spike next_spike review why mark zoom_out help quit",
    "replay": "freeze back forward right wrong next_spike review faster why export previous_spike help quit",
    "ended": "back forward right wrong previous_spike next_spike review why open export whole help quit",
}
"""Keys that matter in a state of the screen, the most useful first; the footer shows what fits, and the last two."""
_WRITING = ("right", "wrong", "review", "mark", "goal", "clock")
"""What needs a session that may be written."""
_ROWS_A_WARNING = 8
"""Of this many rows of the screen one may be a warning; one always."""
_TOLD_FOR_S = 10.0
"""An alarm, and trouble, stand in the banner for so long."""
_SEVERE = {"information": "calm-word", "warning": "alarm-word", "error": "fault-word"}


class MonitorScreen(VisitingScreen):
    """Polls its feed and shows one moment of it: the newest while following, another while frozen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-medium"), (120, "-wide")]  # noqa: RUF012 - declared so by Screen
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (9, "-short"), (18, "-middling"), (40, "-tall")]  # noqa: RUF012

    def __init__(
        self, feed: SessionFeed, settings: MonitorSettings, glyphs: Glyphs, clock: Callable[[], float], note: str = ""
    ) -> None:
        super().__init__(feed, settings, glyphs, clock, note)
        self.alerts = Alerts(bell=settings.bell)
        self._last_tick = clock()
        self._news_at = self._last_tick
        self._whole_at = float("-inf")
        self._vitals_at = float("-inf")
        self._vitals = feed.vitals()
        self._log_version = -1
        self._log_until = 0
        self._broken = False
        self._writable = feed.writable
        self._said_at = self._last_tick
        self._told: list[tuple[float, BannerText]] = []
        self._lost: BannerText | None = None

    def compose(self) -> ComposeResult:
        yield Header(self.glyphs, id="header")
        yield Banner(self.glyphs, id="banner")
        with Container(id="now"):
            yield IndexPanel(self.glyphs, self.feed.info, id="index")
            yield LevelPanel(self.glyphs, self.feed.info, id="level")
            yield BudgetPanel(self.glyphs, self.feed.info, id="budget")
        yield Graph(self.glyphs, id="graph")
        yield Spectrum(self.glyphs, id="spectrum")
        with Container(id="past"):
            yield SpikeLog(self.glyphs, id="log")
            yield WholeSession(self.glyphs, id="whole")
        yield FilterLine()
        with Container(id="foot"):
            yield SpokenLine(self.glyphs, id="spoken")
            yield ActionOutcome(self.glyphs, id="messages")
            yield StatusLine(self.glyphs, id="status")
            yield KeyBar(self.glyphs, id="keys")

    def on_mount(self) -> None:
        try:
            self.model.open()
        except MomentumError as error:  # a store may be damaged further in than opening it shows
            self._fail(error)
        if self.feed.info.kind is FeedKind.REPLAY:
            self.player = ReplayClock(self.model.head_s, speed=self.settings.speed)
        self.query_one(SpikeLog).focus()
        self.call_after_refresh(self.tick)
        if self.settings.fps > 0:
            self.set_interval(1 / self.settings.fps, self.tick)

    @property
    def ended(self) -> End | None:
        """How the session ended, if it did. A recorder that is gone without a word has ended it as well."""
        if self.model.end is not None or self.feed.running:
            return self.model.end
        gone = self.feed.info.kind is FeedKind.WATCH
        detail = "the recorder is gone without a goodbye" if gone else "the recording breaks off here"
        return End(self.model.head_s, KILLED, detail)

    def tick(self) -> None:
        """Take what is new and paint it."""
        clock_s = self._clock()
        passed_s, self._last_tick = clock_s - self._last_tick, clock_s
        if self.behind and self.player is not None:
            return  # a replay waits for whoever watches it
        head_s = self.model.head_s
        news = self._poll()
        if self.model.head_s > head_s:
            self._news_at = clock_s
        if self.player is not None:
            before = self.player.position_s
            self.player.length_s = self.model.head_s
            self.player.advance(passed_s)
            news = self._passed(before, self.player.position_s)
            if not self.player.playing and self.view.following and self.player.position_s >= self.player.length_s:
                self.view = self.view.moved(self.player.position_s).frozen()
        self.view = self.view.moved(self.now_s)
        self._tell(news, clock_s)
        self._hear()
        if self.behind or (self.ended is not None and self.go_on(clock_s)):
            return
        with self.app.batch_update():
            self.paint(clock_s)

    def paint(self, clock_s: float | None = None) -> None:
        """Show the view's moment on every panel; each sends only the cells that differ."""
        clock_s = self._clock() if clock_s is None else clock_s
        self.view = self.view.refitted(self.model.head_s, self.columns)
        t = self.view.cursor_s
        if clock_s - self._vitals_at >= _VITALS_EVERY_S:
            self._vitals, self._vitals_at = self.feed.vitals(), clock_s
            self._writable = self.feed.writable
        moment = self._fresh(self.model.moment(t), clock_s)
        self._lost = self._word_of_loss(moment)
        at_end = self.ended if t >= self.model.head_s else None
        ended = None if self.ended is None else state_of(self.ended, running=False)
        following = self.view.following and ended is None
        self.query_one(Header).show(
            HeaderValue(
                info=self.feed.info, t=t, head_s=self.model.head_s,
                following=self.view.following, running=self.feed.running and self.model.end is None,
                speed=self.player.speed if self.player is not None else None, ended=ended or SessionState.ENDED,
                minute=moment.minute, period=moment.period,
            )
        )  # fmt: skip
        self.set_class(self.model.history.tells_tags, "-heard")
        self.query_one(IndexPanel).show((moment, at_end))
        self.query_one(LevelPanel).show(moment)
        graph = self.query_one(Graph)
        graph.show(picture_of(self.model, self.view, graph.columns, self.with_rejected))
        self._paint_log()
        rate = self.model.readings_per_s(t) if following or self.player is not None else None
        self.query_one(StatusLine).show(
            StatusValue(self.feed.info, moment, rate, self._vitals, ended if self.player is None else None)
        )
        self.query_one(KeyBar).show(self._hints())
        self.set_class(self.model.commentary.expected, "-spoken")
        if self.model.commentary.expected:
            self.query_one(SpokenLine).show(self.model.commentary.at(t))
        self._paint_words(clock_s)
        self._paint_wide(clock_s)

    def _paint_words(self, clock_s: float) -> None:
        """What was told, as long as it is news; what was said is not gone before it could be seen."""
        self._told = [(until_s, warning) for until_s, warning in self._told if clock_s < until_s]
        standing = [BannerText(text) for text in (*self._vitals.not_kept.lines(), *self.banner_texts())]
        if self._lost is not None and self._lost not in (warning for _, warning in self._told):
            standing.insert(0, self._lost)
        width, height = self.size
        rows = max(height // _ROWS_A_WARNING, 1)
        self.query_one(Banner).show([*(warning for _, warning in reversed(self._told)), *standing], width, rows)
        if self.app.screen is not self:
            self._said_at = clock_s
        elif clock_s - self._said_at >= SHOWN_S and self.query_one(ActionOutcome).text:
            self.say("")

    def warn(self, warning: BannerText, clock_s: float) -> None:
        """In the banner for a while."""
        self._told.append((clock_s + _TOLD_FOR_S, warning))

    def say(self, text: str, severity: str = "information") -> None:
        """In the line above the footer; in a dialog that is open, there."""
        if text and isinstance(self.app.screen, Ask):
            self.app.screen.tell(text)
            return
        self._said_at = self._clock()
        self.set_class(bool(text), "-saying")
        self.query_one(ActionOutcome).show(text, severity, *self.size)

    def _word_of_loss(self, moment: Moment) -> BannerText | None:
        """What was told when the source was lost, for as long as it is."""
        change = self.model.health_at(moment.t)
        if not self._is_live() or moment.health is not Health.LOST or change is None:
            return None
        notice = self.alerts.trouble(change)
        return BannerText(notice.text, _SEVERE[notice.severity])

    def _is_live(self) -> bool:
        return self.view.following and self.player is None and self.feed.running

    def _fresh(self, moment: Moment, clock_s: float) -> Moment:
        """``moment``, or a stall where the newest one is old by the clock: a number on the screen is never stale. Of a
        microphone that is known to be lost, how long nothing has come.

        A watcher reads what is written: where that is nothing, the recorder may listen all the same.
        """
        quiet_s = clock_s - self._news_at
        if not self._is_live() or quiet_s < _STALE_AFTER_S:
            return moment
        withheld = self._vitals.not_kept.readings if self.feed.info.kind is FeedKind.WATCH else ""
        health = Health.LOST if moment.health is Health.LOST else Health.STALLED
        return replace(moment, health=health, detail=f"no reading for {quiet_s:.0f} s", withheld=withheld)

    def _paint_log(self) -> None:
        log = self.query_one(SpikeLog)
        until = round(self.view.cursor_s) if self.player is not None else 0
        until_s = self.view.cursor_s if self.player is not None else float("inf")
        if (self.model.version, until) == (self._log_version, self._log_until):
            return
        self._log_version, self._log_until = self.model.version, until
        listed, said = self.listed(), self.said_listed()
        everything = len(self.model.candidates(self.with_rejected)) + len(self.model.said(self.with_rejected))
        log.show(
            LogValue(
                candidates=tuple(listed),
                labels=tuple(self.model.labels.values()),
                clock=self.model.clock,
                until_s=until_s,
                with_rejected=self.with_rejected,
                typed=self.filter_text,
                hidden=everything - len(listed) - len(said),
                marked=self.marked(listed) if self.filter_text.strip() else {},
                said=tuple(said),
                confirmed=self.model.confirmed(until_s),
            )
        )

    def _paint_wide(self, clock_s: float) -> None:
        whole = self.query_one(WholeSession)
        if whole.display and whole.size.width and clock_s - self._whole_at >= _WHOLE_EVERY_S:
            self._whole_at = clock_s
            whole.show(self.model)
        budget = self.query_one(BudgetPanel)
        if budget.display:
            budget.show(self.model.threshold)
        self.query_one(Spectrum).show(self.view)

    def _hear(self) -> None:
        """Keep the newest sound by pitch, shown or not: a terminal may become large enough, a visitor comes back."""
        spectrum, frame = self.query_one(Spectrum), self.feed.spectrum()
        spectrum.set_class(frame is not None, "-heard")
        if frame is not None:
            spectrum.hear(frame, self.model.head_s)

    def repaint_log(self) -> None:
        """Draw the log although no event came."""
        self._log_version = -1
        self.paint()

    def on_resize(self, event: Resize) -> None:
        self._whole_at = float("-inf")
        self.query_one(ActionOutcome).fit_into(*event.size)
        self.call_after_refresh(self.paint)

    def _poll(self) -> list[Event]:
        """New events; a feed that fails is a state on the screen, not the end of it."""
        if self._broken:
            return []
        try:
            return self.model.take(self.feed.poll())
        except MomentumError as error:
            return self._fail(error)

    def _fail(self, error: MomentumError) -> list[Event]:
        self._broken = True
        return self.model.take([End(self.model.head_s, "failed", f"{error.message} {error.hint}")])

    def _passed(self, before_s: float, after_s: float) -> list[Event]:
        """Events of a finished session that a replay has just come upon."""
        spikes: list[Event] = [spike for spike in self.model.spikes if before_s < spike.decided_at <= after_s]
        return spikes + [change for change in self.model.health if before_s < change.t <= after_s]

    def _tell(self, news: list[Event], clock_s: float) -> None:
        for notice in self.alerts.notices(news, self.now_s, self.model.clock):
            whose = f"{plain(self.feed.info.source, 24)}: " if self.behind else ""
            self.front.warn(BannerText(whose + notice.text, _SEVERE[notice.severity]), clock_s)
            if notice.rings and self.alerts.may_ring(clock_s):
                self.app.bell()

    def _hints(self) -> list[KeyHint]:
        state = "following" if self.view.following else "frozen"
        if self.player is not None:
            state = "replay"
        elif self.ended is not None:
            state = "ended"
        selected = self.query_one(SpikeLog).selected
        hidden = () if self._writable else _WRITING
        if selected is None or isinstance(selected, Spotted):
            hidden = (*hidden, "right", "wrong", "review")
        elif self.reviews.given(selected) is None:
            hidden = (*hidden, "review")
        hints = []
        for id in _HINTS[state].split():
            if id in hidden:
                continue
            key = self.key_of(id)
            short = key.short
            if id == "freeze":
                short = ("pause" if self.view.following else "play") if self.player else (
                    "freeze" if self.view.following else "go on")  # fmt: skip
            hints.append(KeyHint(key_name(id, self.settings.keys, self.glyphs), short, f"screen.{key.action}"))
        return hints

    def on_graph_picked(self, event: Graph.Picked) -> None:
        self.look_at(event.t)

    def on_graph_wheeled(self, event: Graph.Wheeled) -> None:
        self.action_scrub(event.steps)

    def on_spike_log_chosen(self, event: SpikeLog.Chosen) -> None:
        self.look_at(moment_of(event.candidate))
