"""From one session to another in the same monitor: by a person who picks one, or because a recorder began anew.

The session that the monitor was begun with has the lowest screen and keeps it: it goes on being heard while another
lies over it, and a recording of this process ends with the program alone. There is one other at most.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from engine.core.clock_text import session_time
from engine.core.errors import MomentumError
from engine.core.text import plain
from tui.monitor.feed import FeedKind, SessionFeed
from tui.monitor.glyphs import Glyphs
from tui.monitor.keys import key_name
from tui.monitor.screens.filtering import FilteringScreen, FilterLine
from tui.monitor.screens.pick import PickScreen
from tui.monitor.session_catalogue import HERE, Entry, entries, open_feed, successor
from tui.monitor.settings import MonitorSettings
from tui.monitor.visible_stretch import View
from tui.monitor.widgets.header_and_status import BannerText, banner_lines

_LOOK_EVERY_S: Final = 1.0
_NOTE_S: Final = 60.0
"""How long the banner says that the screen went on to another session."""
_SOURCE_CELLS: Final = 24


class VisitingScreen(FilteringScreen):
    """The monitor that can go to other sessions and come back."""

    def __init__(
        self, feed: SessionFeed, settings: MonitorSettings, glyphs: Glyphs, clock: Callable[[], float], note: str = ""
    ) -> None:
        """``note`` stands in the banner for a minute."""
        super().__init__(feed, settings, glyphs)
        self._clock = clock
        self._note = note
        self._note_until_s = clock() + _NOTE_S
        self._looked_s = float("-inf")
        self._takes_over = False
        """Whether this is the next session of the first one's device: there is nothing to go back to."""

    def on_unmount(self) -> None:
        """A session that was opened from here is let go; the first one belongs to whoever began the monitor."""
        if self.feed is not self.app.feed:  # type: ignore[attr-defined]
            self.feed.close()

    @property
    def home(self) -> "VisitingScreen":
        """The lowest monitor: the recording of this process, or whatever the monitor was begun with."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, VisitingScreen))

    @property
    def behind(self) -> bool:
        """Whether another session lies over this one."""
        return self.front is not self

    @property
    def front(self) -> "VisitingScreen":
        """The topmost monitor: what a person looks at."""
        return [screen for screen in self.app.screen_stack if isinstance(screen, VisitingScreen)][-1]

    def warn(self, warning: BannerText, clock_s: float) -> None:
        """Say it in the banner for a while."""
        raise NotImplementedError

    def banner_texts(self) -> list[str]:
        """What to know before believing the number, and where this session stands to others."""
        texts = banner_lines(self.feed.info)
        if self._note and self._clock() < self._note_until_s:
            texts.append(self._note)
        if self._can_come_back:
            home, key = self.home.feed, key_name("detach", self.settings.keys, self.glyphs)
            going = "goes on being recorded" if home.info.recording else "is still listened to"
            how = going if home.running else "is over" if home.info.kind is not FeedKind.REPLAY else "waits"
            texts.append(f"{plain(home.info.source, _SOURCE_CELLS)} {how}; {key} goes back to it")
        return texts

    def action_open(self) -> None:
        """Pick a session."""
        root = self.settings.sessions
        if root is None:
            self.say("there is no folder of sessions to pick from")
            return
        home = self.home.feed.info
        here = home if home.kind is FeedKind.LIVE else None
        now = datetime.now().astimezone()
        self.app.push_screen(PickScreen(partial(entries, root, here), now, self.glyphs), self._picked)

    def action_detach(self) -> None:
        """Back to the session that this one lies over; without one leave."""
        if self._can_come_back:
            self._come_back()
        else:
            super().action_detach()

    def action_escape(self) -> None:
        """Take the filter away; without one go back to the session that this one lies over."""
        if self._can_come_back and not (self.filter_text or self.query_one(FilterLine).display):
            self._come_back()
        else:
            super().action_escape()

    def action_quit(self) -> None:
        """Quit; a recording that goes on behind this session is asked about."""
        if self.home is self:
            super().action_quit()
        else:
            self.home.action_quit()

    def go_on(self, clock_s: float) -> bool:
        """Of a session that ended look whether its device is recorded anew, and go there; returns whether it did.

        A person who looks at a moment of it, or answers a question, is told and not carried off.
        """
        root, info = self.settings.sessions, self.feed.info
        if info.kind is not FeedKind.WATCH or not self.settings.watch_moves_on or root is None:
            return False
        if clock_s - self._looked_s < _LOOK_EVERY_S:
            return False
        self._looked_s = clock_s
        found = successor(root, info.source, but=(info.session, self.home.feed.info.session))
        if found is None:
            return False
        if not self.view.following:
            key = key_name("freeze", self.settings.keys, self.glyphs)
            self._note = f"a new session has begun on {plain(info.source, _SOURCE_CELLS)}: {key} goes on to it"
            self._note_until_s = clock_s + _NOTE_S
        if not self.view.following or self.app.screen is not self:
            return False
        after = f"after {session_time(self.model.head_s)}"
        note = f"gone on to the next session of this device: the one before ended {after}"
        try:
            self._show(open_feed(found, FeedKind.WATCH), note, takes_over=self._takes_over or self.home is self)
        except MomentumError:  # it has only just begun and holds nothing yet, or it is damaged: this one stays
            return False
        return True

    def _picked(self, entry: Entry | None) -> None:
        if entry is None:
            return
        kind = FeedKind.WATCH if entry.running else FeedKind.REPLAY
        home = self.home.feed.info
        if entry.state == HERE or entry.folder is None or (entry.name, kind) == (home.session, home.kind):
            self._come_back()
        elif (entry.name, kind) != (self.feed.info.session, self.feed.info.kind):
            self._visit(entry.folder, kind)

    def _visit(self, folder: Path, kind: FeedKind) -> None:
        try:
            self._show(open_feed(folder, kind), takes_over=self._takes_over)
        except MomentumError as error:
            self.say(f"{error.message}. {error.hint}", "error")

    def _show(self, feed: SessionFeed, note: str = "", takes_over: bool = False) -> None:
        screen = type(self)(feed, self.settings, self.glyphs, self._clock, note)
        screen.view = View(column_s=self.view.column_s)
        screen.with_rejected = self.with_rejected
        screen._takes_over = takes_over
        if self.home is not self:
            self.app.pop_screen()
        self.app.push_screen(screen)

    @property
    def _can_come_back(self) -> bool:
        return self.home is not self and not self._takes_over

    def _come_back(self) -> None:
        if self.home is not self and self.app.screen is self:
            self.app.pop_screen()
