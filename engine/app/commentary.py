"""What a commentary says happened, from a file with its words: what ``momentum commentary`` does."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import InputError, UsageError
from engine.core.text import plain

if TYPE_CHECKING:
    from engine.commentary.transcript import Transcript
    from engine.commentary.word_weights import WordsWeights
    from engine.commentary.words_to_events import HeardWords, SaidEvent


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The events of one half's words. ``words`` were used, ``dropped`` counts segments that were taken out by reason,
    ``language`` is that of the words as they were spoken, ``heard`` what ``events`` come from."""

    file: str
    game: str
    half: int | None
    language: str
    views: tuple[str, ...]
    words: int
    dropped: Mapping[str, int]
    mode: str
    events: "tuple[SaidEvent, ...]"
    heard: "HeardWords"
    weights: "WordsWeights"


def tell_events(
    file: Path,
    mode: str = "archive",
    least: float = 0.0,
    words: int = 4,
    game: str | None = None,
    half: int | None = None,
    view: str | None = None,
    weights: Path | None = None,
) -> Told:
    """Events of at least the probability ``least`` in the transcript of one half, each with its strongest ``words``.

    Of a file that gathers many halves, ``game`` (a part of its name) and ``half`` say which; both the words as spoken
    and their translation are heard, unless ``view`` names one.

    Raises:
        InputError: the file holds no such transcript, or nothing can be told from its words.
        WeightsError: the model of words is missing or broken.
    """
    from engine.commentary.hallucinations import clean
    from engine.commentary.language import main_language
    from engine.commentary.word_weights import load_words
    from engine.commentary.words_to_events import check_worth, events_of, hear

    if mode not in ("archive", "live"):
        raise UsageError(f"there is no mode {plain(mode, 20)!r}", "There are archive and live.")
    loaded = load_words(weights)
    chosen = _views(file, game, half, view)
    for one in chosen:
        check_worth(one, loaded)
    cleaned = [clean(one) for one in chosen]
    heard = hear(chosen, loaded, mode)
    dropped: dict[str, int] = {}
    for view_cleaned in cleaned:
        for reason, count in view_cleaned.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    return Told(
        plain(file.name, 80),
        chosen[0].game,
        chosen[0].half if half is None else half,
        main_language(cleaned[0].transcript),
        tuple(one.view for one in chosen),
        sum(one.transcript.words for one in cleaned),
        dropped,
        mode,
        tuple(events_of(heard, loaded, mode, least, words)),
        heard,
        loaded,
    )


def _views(file: Path, game: str | None, half: int | None, view: str | None) -> "list[Transcript]":
    """The views of one half, the words as spoken first; those in which nothing is said are left out."""
    from engine.commentary.read_transcript import read_views

    found = [one for one in read_views(file, game, half, view) if one.segments]
    if not found:
        raise InputError(f"nobody says a word in {plain(file.name, 80)}", "Is it the right file, or half?")
    return found


def told_json(told: Told) -> dict[str, Any]:
    """``told`` as JSON; times in seconds of the transcript's clock."""
    return {
        "file": told.file,
        "game": told.game,
        "half": told.half,
        "language": told.language,
        "views": list(told.views),
        "words": told.words,
        "dropped": dict(told.dropped),
        "mode": told.mode,
        "weights": told.weights.config.name,
        "sha256": told.weights.checksum,
        "within_s": told.weights.config.within_s,
        "events": [
            {
                "t": round(event.t_s, 2),
                "label": event.label,
                "probability": round(event.probability, 4),
                "told_at": round(event.told_s, 2),
                "words": [
                    {"word": share.text, "t": round(share.t_s, 2), "share": round(share.logit, 3)}
                    for share in event.words
                ],
            }
            for event in told.events
        ],
    }
