"""The microphone's level: RMS bar, peak hold, clipping and silence, the device's name."""

import math

from engine.core.signals import Health
from engine.core.text import plain
from tui.monitor.glyphs import Glyphs
from tui.monitor.model import Moment
from tui.monitor.widgets.paint import Line, Piece, ShowingOfSession, fit, rule, spread
from tui.monitor.words import Tone

LOWEST_DB = -60.0
"""The left end of the bar; the right end is full scale, 0 dBFS."""
_LOUD_DB = -6.0
_EIGHTHS = 8


def level_bar(level_db: float, hold_db: float | None, width: int, glyphs: Glyphs) -> Line:
    """A bar of ``width`` cells from -60 to 0 dBFS, with a mark where the peak was; the loud end looks different."""
    share = (min(max(level_db, LOWEST_DB), 0.0) - LOWEST_DB) / -LOWEST_DB
    eighths = round(share * width * _EIGHTHS)
    whole, part = divmod(eighths, _EIGHTHS)
    cells = glyphs.sliver[_EIGHTHS] * whole + (glyphs.sliver[part] if part else "")
    cells = cells.ljust(width)[:width]
    loud = round((_LOUD_DB - LOWEST_DB) / -LOWEST_DB * width)
    line = [Piece(cells[:loud], "calm"), Piece(cells[loud:], "alarm")]
    if hold_db is not None and hold_db > LOWEST_DB:
        at = min(int((hold_db - LOWEST_DB) / -LOWEST_DB * width), width - 1)
        if at >= whole:
            style = "alarm" if at >= loud else "strong"
            line = [Piece(cells[:at], "calm"), Piece(glyphs.hold, style), Piece(cells[at + 1 :], "alarm")]
            if at >= loud:
                line = [Piece(cells[:loud], "calm"), Piece(cells[loud:at], "alarm"), *line[1:]]
    return fit(line, width)


def level_lines(moment: Moment | None, device: str, width: int, height: int, glyphs: Glyphs) -> list[Line]:
    """The panel: at four rows with a title and a scale, at fewer without."""
    silenced = moment is not None and moment.health in (Health.STALLED, Health.LOST)
    if moment is None or moment.reading is None or silenced:
        told = " no sound arrives" if silenced else " no sound yet"
        if moment is not None and moment.withheld:
            told = " its level is not written"
        empty: Line = [Piece(told, "fault" if silenced else "faint")]
        return [rule("Microphone", width, glyphs, plain(device, max(width - 18, 1))), empty] if height > 2 else [empty]
    reading = moment.reading
    flag = _flag(moment.health, reading.peak_db, glyphs)
    bar_width = max(width - 2, 1)
    bar: Line = [Piece(" "), *level_bar(reading.level_db, moment.peak_hold_db, bar_width, glyphs), Piece(" ")]
    numbers: Line = [Piece(f" {_db(reading.level_db)}"), Piece(" dBFS peak ", "faint"), Piece(_db(reading.peak_db))]
    if height < 4:
        return [bar, spread(numbers, [flag, Piece(" ")], width)]
    title = rule("Microphone", width, glyphs, plain(device, max(width - 18, 1)))
    lines = [title, bar, _scale(bar_width, glyphs), spread(numbers, [flag, Piece(" ")], width)]
    return [title, [Piece("")], *lines[1:]] if height > 5 else lines


def _scale(width: int, glyphs: Glyphs) -> Line:
    cells = [" "] * (width + 2)
    for db in (-60, -40, -20, -6, 0):
        label = f"{db}"
        at = 1 + round((db - LOWEST_DB) / -LOWEST_DB * (width - 1))
        start = min(max(at - len(label) + 1, 1), width + 1 - len(label))
        cells[start : start + len(label)] = label
    return [Piece("".join(cells), "faint")]


def _db(value: float) -> str:
    return f"{max(value, -120.0):5.1f}" if math.isfinite(value) else " -inf"


def _flag(health: Health | None, peak_db: float, glyphs: Glyphs) -> Piece:
    if health is Health.CLIPPED:
        return Piece("! CLIPPED", "alarm")
    if health is Health.SILENT:
        return Piece(f"{glyphs.tones[Tone.FAULT]} SILENT", "fault")
    if peak_db < LOWEST_DB:
        return Piece("very quiet", "building")
    return Piece("level ok", "faint")


class LevelPanel(ShowingOfSession[Moment]):
    """The first thing to look at when the index stays low."""

    NAME = "Microphone"
    HELP = (
        "The sound that arrives, in dBFS: the bar is its RMS level, the mark its highest peak of the last two seconds; "
        "the right end is full scale.\n"
        "Any level between -50 and -6 will do: the index does not care how loud the microphone is set. CLIPPED means "
        "that it is set too loud, SILENT that nothing but zeros arrives (muted, unplugged, or no permission)."
    )

    def draw(self, width: int, height: int) -> list[Line]:
        return level_lines(self.value, self.info.source, width, height, self.glyphs)
