"""What the keys of the monitor do.

Over 300 lines, since there are some thirty keys; each does a few lines here, and what is long lies elsewhere.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from engine.core.clock_text import parse_time, session_time
from engine.core.errors import MomentumError
from engine.core.files import numbered_file, private_folder
from engine.core.operating_points import budget_sentence, next_point
from engine.core.said_events import GOAL
from engine.core.signals import Alarm, Mark, Rejected, Spike, WordsEvent
from engine.core.spotted import Spotted
from tui.monitor.feed import FeedKind, SessionFeed
from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import KEYS, Key, bindings, key_name
from tui.monitor.model import Candidate, Model
from tui.monitor.play_clip import play
from tui.monitor.replay_clock import ReplayClock
from tui.monitor.reviews import Reviews
from tui.monitor.screens import questions
from tui.monitor.screens.ask import Answer, Ask, Question
from tui.monitor.screens.help import HelpPage, HelpScreen
from tui.monitor.settings import MonitorSettings
from tui.monitor.svg import screen_as_svg
from tui.monitor.themes import THEME_NAMES
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.graph import Graph
from tui.monitor.widgets.paint import Painted
from tui.monitor.widgets.spike_log import SpikeLog

_SCRUB_COLUMNS = 3
_FAR = 10
_KEY_BY_ID = {key.id: key for key in KEYS}


class ActingScreen(Screen[None]):
    """The state of the monitor and the actions that change it; ``MonitorScreen`` adds how it is painted."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, feed: SessionFeed, settings: MonitorSettings, glyphs: Glyphs) -> None:
        super().__init__()
        self.feed = feed
        self.settings = settings
        self.glyphs = glyphs
        self.model = Model(feed)
        self.reviews = Reviews(self.model)
        self.view = View()
        self.player: ReplayClock | None = None
        self.with_rejected = False

    def paint(self, clock_s: float | None = None) -> None:
        """Show the view's moment."""
        raise NotImplementedError

    def repaint_log(self) -> None:
        """Draw the log although no event came."""
        raise NotImplementedError

    def listed(self) -> list[Candidate]:
        """What the log lists, newest first."""
        return self.model.candidates(self.with_rejected)

    def said_listed(self) -> list[WordsEvent]:
        """What the log lists of what the commentator said, newest first."""
        return self.model.said(self.with_rejected)

    @property
    def now_s(self) -> float:
        """The newest moment that may be shown: the session's head, or where a replay has got to."""
        return self.player.position_s if self.player is not None else self.model.head_s

    @property
    def columns(self) -> int:
        """Columns of the graph."""
        return self.query_one(Graph).columns

    @staticmethod
    def key_of(id: str) -> Key:
        return _KEY_BY_ID[id]

    def look_at(self, t: float) -> None:
        """Freeze on a moment; a replay pauses there."""
        self.view = self.view.looking_at(t, self.model.head_s, self.columns)
        if self.player is not None:
            self.player.seek(self.view.cursor_s)
            self.player.playing = False
        self.paint()

    def action_freeze(self) -> None:
        """Hold the view still while the recording goes on, or go on; in a replay pause and play."""
        if not self.view.following:
            self.query_one(SpikeLog).release()
        if self.player is not None:
            self.player.playing = not self.player.playing and self.player.position_s < self.player.length_s
            self.view = self.view.resumed(self.now_s) if self.player.playing else self.view.frozen()
        else:
            self.view = self.view.frozen() if self.view.following else self.view.resumed(self.now_s)
        self.paint()

    def action_scrub(self, steps: int) -> None:
        """Move the cursor by a few columns, or by half a screen; past the newest moment it follows again."""
        width = self.columns
        columns = _SCRUB_COLUMNS * steps if abs(steps) < _FAR else steps // abs(steps) * width // 2
        t = self.view.cursor_s + columns * self.view.column_s
        if self.player is None and t >= self.model.head_s and self.feed.running:
            self.view = self.view.resumed(self.model.head_s)
            self.paint()
        else:
            self.look_at(t)

    def action_spike(self, step: int) -> None:
        """To the next spike or the one before; rejected candidates count while they are shown."""
        here = self.view.cursor_s
        found = sorted(self.listed(), key=moment_of)
        ahead = [candidate for candidate in found if moment_of(candidate) > here + 0.5 * self.view.column_s]
        behind = [candidate for candidate in found if moment_of(candidate) < here - 0.5 * self.view.column_s]
        target = (ahead[:1] if step > 0 else behind[-1:]) or None
        if target is None:
            where = "after" if step > 0 else "before"
            self.say(f"no spike {where} {session_time(here)}")
            return
        self.query_one(SpikeLog).select(target[0])
        self.look_at(moment_of(target[0]))

    def action_zoom(self, steps: int) -> None:
        """Closer or further out."""
        self.view = self.view.zoomed(steps, self.model.head_s, self.columns)
        self.paint()

    def action_whole(self) -> None:
        """The whole session in the graph."""
        self.view = self.view.whole(self.model.head_s, self.columns)
        self.paint()

    def action_speed(self, steps: int) -> None:
        """Replay faster or slower."""
        if self.player is None:
            self.say("only a replay has a speed: this sound sets its own pace")
            return
        self.player.change_speed(steps)
        self.paint()

    def action_seek(self) -> None:
        """Ask for a time and go there."""

        def go(answer: Answer | None) -> None:
            if answer is None:
                return
            t = parse_time(answer.note)
            if t is None:
                self.say(f"'{answer.note[:20]}' is no time: write 12:34, 1:02:03 or seconds", "warning")
            elif t > self.model.head_s:
                self.say(
                    f"{session_time(t)} is not there: the sound goes to {session_time(self.model.head_s)}", "warning"
                )
            else:
                self.look_at(t)

        self._ask("Jump to a time", [], go, note="12:34, 1:02:03 or seconds")

    def action_rejected(self) -> None:
        """Show or hide what was not reported."""
        self.with_rejected = not self.with_rejected
        self.repaint_log()
        count = len(self.model.rejected)
        shown = (
            f"{count} rejected candidate{'s' * (count != 1)} shown, with the reason" if count else "none was rejected"
        )
        self.say(shown if self.with_rejected else "rejected are hidden")

    def action_mark(self) -> None:
        """Mark this moment; the moment is that of the key, however long the note takes."""
        t = self.view.cursor_s

        def keep(answer: Answer | None) -> None:
            if answer is not None:
                self.add_mark(Mark(t, answer.values[0], answer.note))

        self._ask(f"Mark {session_time(t)}", [questions.MARK], keep, note="a note, if you like")

    def action_goal(self) -> None:
        """A goal, at once; where the commentator spoke of one, that one is proposed."""
        t = self.view.cursor_s
        said = self.model.commentary.goal_at(t, self.model.marks)
        if said is None or not self.feed.writable:
            self.add_mark(Mark(t, GOAL))
            return

        def keep(answer: Answer | None) -> None:
            if answer is not None:
                self.add_mark(Mark(said.at if answer.values[0] == questions.AS_SAID else t, GOAL))

        self._ask("Mark a goal", [questions.goal_question(said, t)], keep)

    def action_clock(self) -> None:
        """Set the match clock; what most likely comes next is chosen already."""
        t = self.view.cursor_s

        def keep(answer: Answer | None) -> None:
            if answer is not None:
                self.add_mark(Mark(t, answer.values[0]))

        self._ask(f"Match clock at {session_time(t)}", [questions.clock_question(self.model.clock.next_label(t))], keep)

    def add_mark(self, mark: Mark) -> None:
        """Keep a mark and say so."""
        if self._try(lambda: self.feed.add_mark(mark)):
            self.say(f"marked: {mark.label} at {session_time(mark.t)}")

    def action_budget(self, more: int) -> None:
        """Move the alarm line to the next operating point that the weights carry."""
        points = self.feed.info.operating_points
        if not points:
            self.say("these weights carry no measured alarm budget, so there is none to choose from", "warning")
            return
        point = next_point(points, self.model.threshold, more)
        if point is None:
            self.say(f"no line with {'more' if more > 0 else 'fewer'} alarms was measured for these weights")
            return
        taken = self.feed.set_threshold(point.threshold)
        self.model.set_threshold(point.threshold)
        words = budget_sentence(points, point.threshold)
        where = "from now on" if taken else "on this screen only: the listening keeps its own line"
        side = "fewer goals missed, more false alarms" if more > 0 else "fewer false alarms, more goals missed"
        self.say(f"alarm from {point.threshold:.2f} {where}; {words} ({side})")
        self.paint()

    def action_verdict(self, verdict: str) -> None:
        """Keep at once whether the program was right about the selected spike; the same key again takes it back."""
        candidate = self._to_review()
        if candidate is None:
            return
        before = self.reviews.given(candidate)
        if self._try(lambda: self.reviews.judge(candidate, verdict)):
            self.repaint_log()
            self.say(self._verdict_words(candidate, before is not None and before.verdict == verdict, verdict))

    def _to_review(self) -> Spike | Rejected | Alarm | None:
        """The selected candidate; None, which is said, where there is none that can be reviewed."""
        candidate = self.query_one(SpikeLog).selected
        if candidate is None or isinstance(candidate, Spotted):
            self.say("no spike to review yet" if candidate is None else "what was spotted in a recording has no review")
            return None
        return candidate

    def _verdict_words(self, candidate: Candidate, taken_back: bool, verdict: str) -> str:
        name = questions.name_of_candidate(candidate)
        given = self.reviews.given(candidate)
        if taken_back:
            return f"taken back: {name} is {given.verdict if given else 'not reviewed'}"
        undo, more = (key_name(id, self.settings.keys, self.glyphs) for id in (verdict, "review"))
        kept = "" if self.feed.info.recording or self.feed.info.kind is not FeedKind.LIVE else ", for this run alone"
        return f"{verdict}: {name}{kept}. {undo} takes it back, {more} says what it was"

    def action_review(self) -> None:
        """Say what the selected spike was. Every choice is kept at once, so Escape loses nothing."""
        candidate = self._to_review()
        if candidate is None:
            return
        if not self.feed.writable:
            self.say("this session can't be written to, so no review can be kept", "warning")
            return

        def clip() -> None:
            self._write_beside(lambda folder: self.feed.clip(candidate.onset, folder))

        def played() -> None:
            self._write_beside(lambda folder: self._play(candidate.onset, folder))

        def chosen(values: tuple[str, ...]) -> None:
            if len(values) < len(asked):
                self._review(lambda: self.reviews.judge(candidate, values[0]))
            else:
                self._review(lambda: self.reviews.explain(candidate, what=values[-1]))

        def keep(answer: Answer | None) -> None:
            label = self.reviews.given(candidate)
            if answer is not None and label is not None:
                self._review(lambda: self.reviews.explain(candidate, note=answer.note))
                self.say(f"kept: {label.verdict}, {label.what}")

        given = self.reviews.given(candidate)
        sound = questions.sound_choices(played, clip) if self.feed.has_sound(candidate.onset) else ()
        sounded_like = None if isinstance(candidate, Rejected) else candidate.what
        asked = [questions.what_question(sound, sounded_like)]
        if given is None:
            asked.insert(0, questions.verdict_question(isinstance(candidate, Rejected), sound))
        self.app.push_screen(
            Ask(
                "Review",
                asked,
                self.glyphs,
                note="a note, if you like",
                about=questions.about(candidate, self.model.clock),
                noted=given.note if given else "",
                chosen=chosen,
            ),
            keep,
        )

    def _review(self, change: Callable[[], object]) -> None:
        if self._try(change):
            self.repaint_log()

    def action_why(self) -> None:
        """Say what moved the index at the selected spike; without any spike, at the moment in view."""
        from tui.monitor.screens.why import WhyScreen  # brings the engine, which a visitor needs for nothing else

        candidate = self.query_one(SpikeLog).selected
        if isinstance(candidate, Spotted):
            from tui.monitor.screens.channel_shares import SharesScreen

            self.app.push_screen(SharesScreen(candidate, self.glyphs))
            return
        t = self.view.cursor_s if candidate is None else moment_of(candidate)
        moment = candidate if isinstance(candidate, Spike | Rejected) else t
        self.app.push_screen(WhyScreen(t, lambda *how: self.feed.explain(moment, *how), self.glyphs))

    def action_export(self) -> None:
        """Write the session to a file."""

        def write(answer: Answer | None) -> None:
            if answer is not None:
                self._write_beside(lambda folder: self.feed.export(answer.values[0], folder))

        self._ask("Export this session", [questions.EXPORT], write)

    def action_screenshot(self) -> None:
        """Save the screen as a picture, for its owner alone; what was said of the one before is not in it."""
        self.say("")
        self.call_after_refresh(self._take_picture)

    def _take_picture(self) -> None:
        picture = screen_as_svg(self.app)
        name = f"{self.feed.info.session or 'monitor'}-picture"

        def write(folder: Path) -> Path:
            path, file = numbered_file(folder, name, ".svg")
            with file:
                file.write(picture)
            return path

        self._write_beside(write)

    def action_theme(self) -> None:
        """The next theme."""
        names = [name for name in THEME_NAMES if name in self.app.available_themes]
        at = names.index(self.app.theme) if self.app.theme in names else -1
        self.app.theme = names[(at + 1) % len(names)]
        self.say(f"theme: {self.app.theme.removeprefix('momentum-')}")

    def action_help(self) -> None:
        """Help, with the panel in focus first."""
        panels = [panel for panel in self.query(Painted) if panel.HELP and panel.display]
        focus = self.focused if isinstance(self.focused, Painted) else panels[0]
        others = [(name_of(panel), panel.HELP) for panel in panels if panel is not focus]
        page = HelpPage((name_of(focus), focus.HELP), others, self.settings.keys, self.glyphs)
        self.app.push_screen(HelpScreen(page))

    def action_detach(self) -> None:
        """Leave a session that does not need this screen."""
        if self.feed.info.kind is FeedKind.LIVE:
            self.say("this process is the recorder: q quits and ends the recording", "warning")
        else:
            self.app.exit(0)

    def action_quit(self) -> None:
        """Quit; ask first if a recording would end with it."""
        if self.feed.info.kind is not FeedKind.LIVE or not self.feed.running or not self.feed.info.recording:
            self.app.exit(0)
            return

        def leave(answer: Answer | None) -> None:
            if answer is not None and answer.values[0] == "yes":
                self.app.exit(0)

        self._ask("Quit", [questions.QUIT], leave)

    def say(self, text: str, severity: str = "information") -> None:
        """Tell a person how an action went, as plain text."""
        raise NotImplementedError

    def _ask(
        self, title: str, asked: list[Question], then: Callable[[Answer | None], None], note: str = "", about: str = ""
    ) -> None:
        self.app.push_screen(Ask(title, asked, self.glyphs, note=note, about=about), then)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except MomentumError as error:
            self.say(f"{error.message} {error.hint}", "error")
            return False
        return True

    def _write_beside(self, write: Callable[[Path], Path]) -> None:
        """Write into the folder for pictures and exports, in a thread: ten hours of readings take a while."""
        self.run_worker(
            lambda: self.app.call_from_thread(self.say, *self._written(write)), thread=True, exit_on_error=False
        )

    def _play(self, onset: float, folder: Path) -> Path:
        path = self.feed.clip(onset, folder)
        self.app.call_from_thread(self.say, "playing it")
        play(path)
        return path

    def _written(self, write: Callable[[Path], Path]) -> tuple[str, str]:
        """What to say about writing: where it is, or why not."""
        try:
            return f"written: {write(private_folder(self.settings.pictures))}", "information"
        except MomentumError as error:
            return f"{error.message} {error.hint}", "error"
        except OSError as error:
            return f"could not write it: {error.strerror}", "error"


def moment_of(candidate: Candidate) -> float:
    """The moment that stands for a candidate: a spike's peak, otherwise what is known of it first."""
    match candidate:
        case Spike():
            return candidate.peak
        case Alarm():
            return candidate.decided_at
        case Rejected() | Spotted():
            return candidate.onset


def name_of(panel: Painted) -> str:
    """A panel's name, as the help calls it."""
    return panel.NAME or type(panel).__name__
