"""What the monitor asks: marks, match clock, review, export, quit."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.core.clock_text import session_time
from engine.core.heard_tags import sounds_like
from engine.core.signals import Alarm, Rejected, Spike, WordsEvent
from engine.core.spotted import Spotted
from engine.core.text import plain
from engine.football.match_clock import CLOCK_LABELS, FULL_TIME, HALF_TIME, KICK_OFF, SECOND_HALF, MatchClock
from tui.monitor.model import Candidate
from tui.monitor.screens.ask import Choice, Question
from tui.monitor.widgets.spike_log import REASONS


def _choices(*rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(letter, value, text) for letter, value, text in rows)


MARK = Question("What happened?", _choices(
    ("g", "goal", "goal"), ("c", "chance", "chance"), ("o", "corner", "corner"), ("y", "card", "card"),
    ("v", "VAR", "VAR"), ("s", "substitution", "substitution"), ("p", "PA", "PA: announcement or music"),
    ("x", "other", "other"),
))  # fmt: skip
WHAT = Question("What was it?", _choices(
    ("g", "goal", "goal"), ("c", "chance", "chance"), ("s", "set piece", "corner, free kick, penalty"),
    ("d", "decision", "decision, card, VAR"), ("m", "music", "music or PA"), ("n", "chant", "chant, drums"),
    ("w", "whistle", "whistle, speech"), ("a", "weather", "rain, wind, engine"), ("x", "other", "other, or don't know"),
))  # fmt: skip
PROPOSED: dict[str, str] = {
    "cheer": "goal",
    "groan": "chance",
    "boo": "decision",
    "music": "music",
    "chant": "chant",
    "horn or drum": "chant",
    "whistle": "whistle",
    "speech": "whistle",
    "applause": "other",
}
"""What a spike most likely was, by what it sounded like; of what is unclear nothing is proposed."""
EXPORT = Question("As what?", _choices(
    ("c", "spikes", "CSV: the spikes, for a spreadsheet"), ("r", "readings", "CSV: every reading"),
    ("j", "json", "JSON: everything"), ("l", "labels", "labels: your reviews, as JSON"),
))  # fmt: skip
QUIT = Question(
    "This ends the recording. Quit?",
    _choices(("y", "yes", "yes: end the recording and quit"), ("n", "no", "no: go on")),
    first=1,
)
AS_SAID = "said"
_CLOCK_LETTERS = {KICK_OFF: "k", HALF_TIME: "h", SECOND_HALF: "s", FULL_TIME: "f"}
_CLOCK_WORDS = {
    KICK_OFF: "kick-off",
    HALF_TIME: "half-time: the first half is over",
    SECOND_HALF: "second half kicks off",
    FULL_TIME: "full time: it is over",
}


def clock_question(likely: str) -> Question:
    """Which step of the match this is; ``likely`` is what Enter takes."""
    choices = tuple(Choice(_CLOCK_LETTERS[label], label, _CLOCK_WORDS[label]) for label in CLOCK_LABELS)
    return Question("What begins or ends now?", choices, first=CLOCK_LABELS.index(likely))


def goal_question(said: WordsEvent, here_s: float) -> Question:
    """Whether the goal that the commentator spoke of is meant; Enter takes it, with its own time."""
    share, words = f"{100 * said.probability:.0f}%", plain(said.words, 40)
    return Question(
        f"goal? said {session_time(said.said)} - Enter to accept ({share}{': ' + words if words else ''})",
        _choices(
            ("y", AS_SAID, f"yes, a goal at {session_time(said.at)}"),
            ("g", "here", f"no, a goal here, at {session_time(here_s)}"),
        ),
    )


def verdict_question(was_rejected: bool, sound: Sequence[Choice]) -> Question:
    """Whether the program was right about it; ``sound`` is what can be done with its sound."""
    right = "right: it was rightly left out" if was_rejected else "right: it deserved the alarm"
    wrong = "wrong: it should have been reported" if was_rejected else "wrong: a false alarm"
    verdicts = (Choice("y", "right", right), Choice("n", "wrong", wrong), Choice("u", "unsure", "unsure"))
    return Question("Was the program right?", (*verdicts, *sound))


def what_question(sound: Sequence[Choice], sounded_like: str | None = None) -> Question:
    """What it was; Enter takes what it sounded like, where the weights say so."""
    proposed = PROPOSED.get(sounded_like or "", WHAT.choices[0].value)
    first = [choice.value for choice in WHAT.choices].index(proposed)
    return replace(WHAT, choices=(*WHAT.choices, *sound), first=first)


def sound_choices(play: Callable[[], None], clip: Callable[[], None]) -> tuple[Choice, ...]:
    """What can be done with sound that was kept."""
    return (Choice("p", "play", "play its sound here", play), Choice("e", "clip", "export its sound as a clip", clip))


def about(candidate: Candidate, clock: MatchClock) -> str:
    """The candidate in a sentence."""
    minute = clock.minute(candidate.onset)
    at = f"{session_time(candidate.onset)}" + (f" ({minute})" if minute else "")
    match candidate:
        case Spike():
            lasted = candidate.end - candidate.onset
            peak = session_time(candidate.peak)
            up_to = f"up to {candidate.peak_pressure:.2f} at {peak}"
            return f"Spike from {at}: {up_to}, {lasted:.0f} s long{_sounds_like(candidate)}."
        case Alarm():
            return f"Spike since {at}: {candidate.pressure:.2f} so far{_sounds_like(candidate)}."
        case Rejected():
            reason = REASONS.get(candidate.reason, candidate.reason.replace("_", " "))
            return f"Not reported, {at}: up to {candidate.peak_pressure:.2f}, {reason}."
        case Spotted():
            return f"Spotted in the recording, {at}: {plain(candidate.label, 40)}, {candidate.confidence:.2f}."


def _sounds_like(candidate: Spike | Alarm) -> str:
    return sounds_like(candidate.what, candidate.what_probability)


def name_of_candidate(candidate: Candidate) -> str:
    """A candidate in a few words: its height and when it was."""
    match candidate:
        case Spike():
            return f"{candidate.peak_pressure:.2f} at {session_time(candidate.peak)}"
        case Alarm():
            return f"{candidate.pressure:.2f} since {session_time(candidate.onset)}"
        case Rejected():
            return f"{candidate.peak_pressure:.2f} at {session_time(candidate.onset)}, not reported"
        case Spotted():
            return f"{plain(candidate.label, 40)} at {session_time(candidate.t)}, spotted"
