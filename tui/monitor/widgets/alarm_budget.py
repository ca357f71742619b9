"""The alarm budget in force, and what the index is calibrated to."""

from textwrap import wrap

from engine.core.text import plain
from tui.monitor.feed import OperatingPoint
from tui.monitor.widgets.paint import Line, Piece, ShowingOfSession, rule

_SAME = 1e-4
"""Weights keep the line in force with four digits."""


def point_in_force(points: tuple[OperatingPoint, ...], threshold: float) -> OperatingPoint | None:
    """The operating point whose threshold is the one in force, if there is one."""
    return next((point for point in points if abs(point.threshold - threshold) < _SAME), None)


def next_point(points: tuple[OperatingPoint, ...], threshold: float, more: int) -> OperatingPoint | None:
    """The next operating point with more (``more`` = 1) or fewer (-1) alarms than ``threshold`` gives; None at the end.

    More alarms go with a lower threshold.
    """
    ordered = sorted(points, key=lambda point: point.threshold)
    if more > 0:
        return next((point for point in reversed(ordered) if point.threshold < threshold - _SAME), None)
    return next((point for point in ordered if point.threshold > threshold + _SAME), None)


def budget_sentence(points: tuple[OperatingPoint, ...], threshold: float) -> str:
    """What the alarm line means in alarms, in words."""
    point = point_in_force(points, threshold)
    if point is not None:
        count = round(point.alarms_per_match, 1)
        found = "" if point.cries_found is None else f", {point.cries_found:.0%} of real cries found"
        return f"about {count:g} false alarm{_s(count)} a match{found}"
    return "no measured rate of false alarms for it"


def _s(count: float) -> str:
    return "" if count == 1 else "s"


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
        lines: list[Line] = [
            rule("Alarm budget", width, self.glyphs, "[ fewer  ] more" if info.operating_points else "")
        ]
        for index, (text, style) in enumerate(texts):
            room = max(height - len(lines) - (len(texts) - index - 1), 1)  # each has a row, the last what is left
            rows = wrap(text, max(width - 1, 8), max_lines=room, placeholder=" " + self.glyphs.ellipsis)
            lines += [[Piece(f" {row}", style)] for row in rows]
        return lines
