"""From what a person writes after ``--commentary`` to somebody who tells what is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.core.errors import InputError, UsageError
from engine.core.sound_address import is_address, shown
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.commentary.spoken.beside import SpokenBeside, Teller
    from engine.commentary.spoken.events_beside import EventsBeside
    from engine.commentary.word_weights import WordsWeights
    from engine.core.settings import Settings

TRANSCRIPTS: Final = (".srt", ".vtt", ".json", ".jsonl")
_PACKED: Final = ".gz"


def is_transcript(spec: str) -> bool:
    """Whether ``spec`` names a transcript and no source of sound, by the end of its name."""
    return not is_address(spec) and spec.lower().removesuffix(_PACKED).endswith(TRANSCRIPTS)


def teller_of(settings: "Settings") -> "Teller | None":
    """Who tells the words that the settings ask for; None where they ask for none.

    Raises ``MomentumError`` for what can't come right by itself: no such file, no words in it, a package or a model
    that is missing. A source that may come yet (a microphone, an address) is waited for while the run goes on.
    """
    spec = settings.commentary
    if spec is None:
        return None
    if is_transcript(spec):
        return _from_transcript(Path(spec).expanduser())
    if spec == "-":
        raise UsageError(
            "a commentary can't be read from standard input", "Give a transcript, a file, mic:NAME, or an address."
        )
    return _from_sound(spec, settings)


def model_for(teller: "Teller | None") -> "WordsWeights | None":
    """The model that is asked about the words; None where nobody tells any. Raises ``WeightsError``."""
    if teller is None:
        return None
    from engine.commentary.word_weights import load_words

    return load_words()


@contextmanager
def beside(
    teller: "Teller | None", model: "WordsWeights | None" = None
) -> "Iterator[SpokenBeside | EventsBeside | None]":
    """``teller`` at work beside what goes on inside; nothing where there is none. ``model`` tells events of its
    words."""
    if teller is None:
        yield None
        return
    from engine.commentary.spoken.beside import SpokenBeside

    words = SpokenBeside(teller)
    spoken = words if model is None else _with_events(words, model)
    spoken.start()
    try:
        yield spoken
    finally:
        spoken.close()


def _with_events(spoken: "SpokenBeside", model: "WordsWeights") -> "EventsBeside":
    from engine.commentary.said_so_far import SaidSoFar
    from engine.commentary.spoken.events_beside import LEAST, EventsBeside

    return EventsBeside(spoken, SaidSoFar(model, LEAST))


def _is_the_source(spec: str, source: str | None) -> bool:
    """Whether the commentary is the sound that the index hears: the same words for it, or the same file."""
    if source is None:
        return spec == "mic"
    if spec == source:
        return True
    files = [Path(one).expanduser() for one in (spec, source)]
    return not is_address(spec) and all(one.is_file() for one in files) and files[0].samefile(files[1])


def _from_transcript(path: Path) -> "Teller":
    from engine.commentary.read_transcript import read_transcripts
    from engine.commentary.spoken.from_transcript import TranscriptTeller
    from engine.commentary.transcript import VIEWS

    name = plain(path.name, 80)
    found = read_transcripts(path)
    if len({(one.game, one.half) for one in found}) > 1:
        raise InputError(
            f"{name} holds {len(found)} transcripts, and a run has one commentary",
            "Give a file with the one transcript whose times count from the start of the sound.",
        )
    transcript = min(found, key=lambda one: VIEWS.index(one.view))
    if not transcript.segments:
        raise InputError(f"{name} holds no words", "Give a transcript in which something is said.")
    return TranscriptTeller(transcript, name)


def _from_sound(spec: str, settings: "Settings") -> "Teller":
    from engine.commentary.spoken.apart import ProcessTeller
    from engine.commentary.spoken.recogniser import check_speech
    from engine.core.own_process import command_for

    model = check_speech(settings.commentary_model)
    comes_yet = is_address(spec) or spec.partition(":")[0] in ("mic", "demo")
    if not comes_yet and not Path(spec).is_file():
        raise InputError(
            f"the commentary {plain(spec, 80)} does not exist",
            "Give a transcript (.srt, .vtt, .json), a sound or video file, mic:NAME, or an address.",
        )
    wanted = {
        "spec": spec,
        "model": str(model),
        "language": settings.commentary_language,
        "rate_hz": settings.microphone_rate_hz,
        "queue_s": settings.microphone_queue_s,
    }
    if settings.separate and _is_the_source(spec, settings.source):
        # The index hears what is left of the same sound.
        wanted |= {"separation_model": settings.separation_model, "engine": settings.engine}
    return ProcessTeller(shown(spec), command_for("engine.app.commentary_process", "hear_apart"), wanted)
