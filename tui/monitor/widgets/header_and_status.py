"""The one-line widgets: header, banner, status, keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from engine.core.clock_text import session_time
from engine.core.signals import Health
from engine.core.text import plain
from engine.session.state import SessionState
from tui.monitor.feed import FeedInfo, FeedKind, Vitals
from tui.monitor.glyphs import Glyphs
from tui.monitor.model import Moment
from tui.monitor.widgets.paint import Line, Painted, Piece, ShowingLine, fit, spread, width_of
from tui.monitor.words import Tone, word_of

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """How the screen stands to the session now. ``speed`` is None where the sound sets its own pace."""

    info: FeedInfo
    t: float
    head_s: float
    following: bool
    running: bool
    speed: float | None = None
    ended: SessionState = SessionState.ENDED
    """What it is when nobody records it any more."""
    minute: str = ""
    period: str = ""


def header_line(value: HeaderValue, width: int, glyphs: Glyphs) -> Line:
    """What this is, whether it moves, and what time it is."""
    behind = session_time(value.head_s - value.t)
    replay = value.info.kind is FeedKind.REPLAY
    speed = f" {value.speed:g}x" if value.speed is not None and value.speed != 1 else ""
    if replay and value.following:
        state = Piece(f" {glyphs.playing} REPLAY{speed} ", "bar")
    elif replay:
        state = Piece(f" {glyphs.frozen} REPLAY paused ", "note-word")
    elif not value.following:
        still = ", recording goes on" if value.running else ""
        state = Piece(f" {glyphs.frozen} FROZEN {behind} behind{still} ", "note-word")
    elif not value.running:
        state = Piece(f" {glyphs.ended} {word_of(value.ended)} ", "fault-word")
    else:
        word = "LIVE" if value.info.kind is FeedKind.LIVE else "WATCHING"
        state = Piece(f" {glyphs.live} {word}{speed} ", "bar")
    clock: Line = [Piece(f" {session_time(value.t)} ", "strong")]
    if replay:
        clock.append(Piece(f"/ {session_time(value.head_s)} ", "faint"))
    if value.minute:
        period = "" if value.minute in ("HT", "FT") or width < 60 else f"{value.period} "
        clock = [Piece(f" {period}", "faint"), Piece(value.minute, "calm"), Piece(f" {glyphs.dot}", "faint"), *clock]
    name = plain(value.info.source, max(width - width_of([state]) - width_of(clock) - 2, 1))
    return spread([state, Piece(" "), Piece(name, "title")], clock, width)


def banner_lines(info: FeedInfo) -> list[str]:
    """What a person must know before believing the number; empty if there is nothing."""
    lines = []
    if not info.trained:
        lines.append("untrained weights: the index means nothing yet")
    heard = f", first {session_time(info.at_once_s)} heard at once" if info.at_once_s else ""
    if info.simulated and info.fallback:
        where = heard or " (momentum devices)"
        lines.append(f"no microphone found, so this is a simulated match{where}")
    elif info.simulated:
        lines.append(f"a simulated match{heard or ', not a real one'}. To listen: momentum live mic")
    return lines


@dataclass(frozen=True, slots=True)
class StatusValue:
    """The machine room in one line."""

    info: FeedInfo
    moment: Moment
    rate: float | None
    vitals: Vitals
    ended: SessionState | None = None


def status_line(value: StatusValue, width: int, glyphs: Glyphs) -> Line:
    """Health, rate, delay, weights, session, disk; what does not fit is left out from the right."""
    moment, info, vitals = value.moment, value.info, value.vitals
    health = str(moment.health).replace("_", " ") if moment.health else "waiting"
    good = moment.health in (Health.LISTENING, Health.CLIPPED, Health.WARMING_UP, Health.RECOVERING)
    glyph = glyphs.tones[Tone.CALM if good else Tone.FAULT]
    parts: list[Line] = [[Piece(f"{glyph} {health}", "calm" if good else "fault")]]
    if value.ended is not None:
        parts = [[Piece(value.ended, "faint")]]
    elif value.rate is not None and good:
        parts.append([Piece(f"{value.rate:.1f}/s")])
    if vitals.not_kept.readings:
        parts.append([Piece("not written", "fault")])
    if vitals.not_kept.sound:
        parts.append([Piece("no sound kept", "fault")])
    if vitals.delay_s is not None:
        parts.append([Piece("delay ", "faint"), Piece(f"{vitals.delay_s * 1000:.0f} ms")])
    parts.append([Piece("weights ", "faint"), Piece(plain(info.weights, 24))])
    if vitals.detail:
        parts.append([Piece(plain(vitals.detail, 60), "fault")])
    parts.append([Piece("session ", "faint"), Piece(plain(info.session, 30) if info.recording else "not recorded")])
    if vitals.disk_free_bytes is not None:
        free = vitals.disk_free_bytes / _GIB
        said = f"{free:.0f} GB free" if free >= 1 else f"{free * 1024:.0f} MB free"
        parts.append([Piece("disk ", "faint"), Piece(said, "ink" if free >= 1 else "fault")])
    line: Line = [Piece(" ")]
    for index, part in enumerate(parts):
        joined = [*line, *([Piece(f" {glyphs.dot} ", "faint")] if index else []), *part]
        if width_of(joined) <= width:
            line = joined
    return fit(line, width)


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key worth knowing now, and what a click on it does."""

    key: str
    text: str
    action: str


def keys_line(hints: Sequence[KeyHint], width: int) -> Line:
    """As many hints as fit, first ones first; the last one (the way out) always, and the one before it (help) if it can
    be.
    """
    if not hints:
        return []
    *others, last = hints
    tail = _hint(last)
    if others and width_of(_hint(others[-1])) + width_of(tail) <= width:
        tail = _hint(others.pop()) + tail
    line: Line = []
    for hint in others:
        pieces = _hint(hint)
        if width_of(line) + width_of(pieces) + width_of(tail) > width:
            break
        line += pieces
    return fit([*line, *tail], width)


def _hint(hint: KeyHint) -> Line:
    return [Piece(f" {hint.key}", "key", hint.action), Piece(f" {hint.text} ", "ink", hint.action)]


class Header(ShowingLine[HeaderValue]):
    """The first line."""

    NAME = "First line"
    HELP = (
        "Whether you see the newest moment (LIVE, WATCHING, REPLAY) or an older one (FROZEN), what is listened to, the "
        "match clock once K set it, and the time since the sound began."
    )

    line = staticmethod(header_line)


@dataclass(frozen=True, slots=True)
class BannerText:
    """A line above everything; ``style`` is how it looks."""

    text: str
    style: str = "note"


def banner_rows(warnings: Sequence[BannerText], width: int, most: int, glyphs: Glyphs) -> list[Line]:
    """``warnings`` broken at words into at most ``most`` rows, first ones first; each has one row at least."""
    rows: list[Line] = []
    shown = warnings[:most]
    for index, warning in enumerate(shown):
        room = most - len(rows) - (len(shown) - index - 1)
        texts = wrap(plain(warning.text), max(width - 4, 8), max_lines=room, placeholder=" " + glyphs.ellipsis)
        rows += [[Piece(f" {' ' if i else '!'} {text} ", warning.style)] for i, text in enumerate(texts)]
    return rows


class Banner(Painted):
    """What happens now and must not be missed, and what not to believe."""

    NAME = "Warnings"

    def __init__(self, glyphs: Glyphs, id: str | None = None) -> None:
        super().__init__(glyphs, id)
        self._rows: list[Line] = []

    def show(self, warnings: Sequence[BannerText], width: int, most: int) -> None:
        """Show ``warnings`` in at most ``most`` rows of a screen that is ``width`` wide; without any, nothing."""
        rows = banner_rows(warnings, width, most, self.glyphs)
        if rows == self._rows:
            return
        if len(rows) != len(self._rows):
            self.styles.height = len(rows)
        self._rows = rows
        self.set_class(bool(rows), "-on")
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        return self._rows


class StatusLine(ShowingLine[StatusValue]):
    """The last line but one."""

    NAME = "Status line"
    HELP = (
        "The machine room: state of the listening, readings a second, delay from sound to screen, weights, the "
        "session's name, space left on the disk."
    )

    line = staticmethod(status_line)


class KeyBar(Painted):
    """The last line: keys that matter now."""

    hints: tuple[KeyHint, ...] = ()

    def show(self, hints: Sequence[KeyHint]) -> None:
        self.hints = tuple(hints)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        return [keys_line(self.hints, width)]
