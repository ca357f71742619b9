"""The alarm budget in force, and what the index is calibrated to."""

from textwrap import wrap

from engine.core.operating_points import budget_sentence, next_point
from engine.core.text import plain
from tui.monitor.widgets.paint import Line, Piece, ShowingOfSession, rule


class BudgetPanel(ShowingOfSession[float]):
    """How often to be alarmed, and what stands behind the number."""

    NAME = "Alarm budget"
    HELP = (
        "[ asks for fewer alarms (higher alarm line, spikes that are missed), ] for more (lower alarm line, false "
        "alarms). How many false alarms a match each line gives was measured when the weights were made; weights "
        "without that measurement have no budget to choose from."
    )

    @property
    def threshold(self) -> float:
        """The alarm line in force."""
        return self.info.threshold if self.value is None else self.value

    def draw(self, width: int, height: int) -> list[Line]:
        info = self.info
        means = "index: chance of a danger event near by" if info.trained else "index: means nothing, untrained"
        texts = [
            (f"alarm from {self.threshold:.2f}", "alarm"),
            (budget_sentence(info.operating_points, self.threshold), "ink"),
            (means, "faint"),
            (f"labels: {plain(info.label_rule, 200) or 'unknown'}", "faint"),
            (f"calibration: {plain(info.calibration, 200) or 'none'}", "faint"),
        ]
        lines: list[Line] = [rule("Alarm budget", width, self.glyphs, "  ".join(self._keys()))]
        for index, (text, style) in enumerate(texts):
            room = max(height - len(lines) - (len(texts) - index - 1), 1)  # each has a row, the last what is left
            rows = wrap(text, max(width - 1, 8), max_lines=room, placeholder=" " + self.glyphs.ellipsis)
            lines += [[Piece(f" {row}", style)] for row in rows]
        return lines

    def _keys(self) -> list[str]:
        """The keys that lead to another line."""
        points = self.info.operating_points
        keys = (("[ fewer", -1), ("] more", 1))
        return [key for key, more in keys if next_point(points, self.threshold, more) is not None]
