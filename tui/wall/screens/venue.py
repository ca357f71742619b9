"""The monitor of one venue, over the wall."""

from tui.monitor.keys import key_name
from tui.monitor.screens.filtering import FilterLine
from tui.monitor.screens.monitor import MonitorScreen


class VenueScreen(MonitorScreen):
    """The monitor of one venue; leaving it leads back to the wall, and nothing can be written from here."""

    def banner_texts(self) -> list[str]:
        key = key_name("quit", self.settings.keys, self.glyphs)
        return [*super().banner_texts(), f"read only; {key} goes back to the wall"]

    def action_quit(self) -> None:
        """Back to the wall."""
        if self.app.screen is self:
            self.app.pop_screen()

    def action_detach(self) -> None:
        """Back to the wall."""
        self.action_quit()

    def action_open(self) -> None:
        """Other sessions are picked on the wall."""
        self.say("another venue is picked on the wall")

    def action_escape(self) -> None:
        """Take the filter away; without one go back to the wall."""
        if self.filter_text or self.query_one(FilterLine).display:
            super().action_escape()
        else:
            self.action_quit()
