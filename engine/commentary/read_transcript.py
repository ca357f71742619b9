"""Transcripts from outside: SoccerNet-Echoes, Whisper's JSON, SubRip and WebVTT, told apart by what stands in them.

Formats: SoccerNet-Echoes (arXiv 2405.07354) keeps a half in ``1_asr.json``, ``{"segments": {"0": [start, end,
text]}}``; gathered, it is a line of JSON for each half and view, with ``game``, ``half``, ``text`` and ``segments``.
OpenAI's Whisper and faster-whisper write ``{"language", "segments": [{"start", "end", "text"}]}``, whisper.cpp
``{"transcription": [{"offsets": {"from", "to"}, "text"}]}`` in milliseconds.
"""

import gzip
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.commentary.subtitles import is_subtitles, parse_subtitles
from engine.commentary.transcript import ENGLISH, VIEWS, Segment, Transcript, in_order
from engine.core.errors import InputError
from engine.core.text import plain
from engine.football.json_document import MEGABYTE, Node, parse_json

FILE_LIMIT: Final = 64 * MEGABYTE
SEGMENT_LIMIT: Final = 50_000
TEXT_LIMIT: Final = 20_000
"""Letters of one segment."""
LONGEST_S: Final = 12 * 3600.0
KINDS: Final = "Known are SoccerNet-Echoes, Whisper's JSON, SRT and WebVTT."
_HALF_IN_NAME: Final = re.compile(r"([12])_(?:asr|half)?", re.ASCII)


def read_transcript(
    path: Path, game: str | None = None, half: int | None = None, view: str | None = None
) -> Transcript:
    """The one transcript in ``path``; of a file that gathers many, the one of ``game``, ``half`` and ``view``.

    ``game`` is enough of the game's name to know it by. Without ``view`` the words as they were spoken come first.
    Raises ``InputError`` where there is none or more than one, and as ``read_transcripts`` does.
    """
    return read_views(path, game, half, view)[0]


def read_views(
    path: Path, game: str | None = None, half: int | None = None, view: str | None = None
) -> list[Transcript]:
    """All views of the one half that ``read_transcript`` would read, the words as they were spoken first."""
    found = [
        one
        for one in read_transcripts(path)
        if (game is None or game.casefold() in one.game.casefold())
        and (half is None or one.half in (None, half))
        and (view is None or one.view == view)
    ]
    if not found:
        raise InputError(
            f"{_name(path)} holds no transcript of that game, half and view", "Without them, it says what it holds."
        )
    places = sorted({(one.game, one.half or 0) for one in found})
    if len(places) > 1:
        first = f"{places[0][0]}, half {places[0][1]}"
        raise InputError(
            f"{_name(path)} holds {len(places)} transcripts, the first of {plain(first, 120)}",
            "Say which with --game (a part of its name is enough) and --half.",
        )
    return sorted(found, key=lambda one: VIEWS.index(one.view))


def read_transcripts(path: Path) -> list[Transcript]:
    """All transcripts in a file, gzipped or not, with nothing taken out of them.

    Raises:
        InputError: the file is missing, too large, not text, or of no kind that is known; a time or a text in it is
            impossible.
    """
    text, name = _text(path), _name(path)
    start = text.lstrip()[:1]
    if not start:
        raise InputError(f"{name} is empty", f"Name a file with a transcript. {KINDS}")
    if is_subtitles(text):
        segments = parse_subtitles(text, name)
        return [Transcript(_checked(segments, name), half=_half_of(path))]
    if start not in "{[":
        raise InputError(f"{name} is no transcript", KINDS)
    lines = [line for line in text.splitlines() if line.strip()]
    gathered = len(lines) > 1 and all(line.lstrip()[:1] == "{" and line.rstrip()[-1:] == "}" for line in lines)
    documents = [parse_json(line, f"{name} line {n + 1}") for n, line in enumerate(lines)] if gathered else []
    return [_of_document(node, path) for node in documents or [parse_json(text, name)]]


def _of_document(node: Node, path: Path) -> Transcript:
    if isinstance(node.value, list):
        return Transcript(_checked(_of_objects(node.items(SEGMENT_LIMIT)), node.file), half=_half_of(path))
    whisper_cpp = node.find("transcription")
    if whisper_cpp is not None:
        return Transcript(_checked(_of_offsets(whisper_cpp), node.file), half=_half_of(path))
    segments = node.find("segments")
    if segments is None:
        raise node.fault("no 'segments' in it", KINDS)
    language = _optional_text(node, "language")
    if isinstance(segments.value, dict):
        rows = [Node(row, node.file, f"segments.{number}") for number, row in segments.value.items()]
        if len(rows) > SEGMENT_LIMIT:
            raise segments.fault(f"{len(rows)} entries, where {SEGMENT_LIMIT} are the most that make sense")
    else:
        rows = list(segments.items(SEGMENT_LIMIT))
    spoken = _of_rows(rows) if rows and isinstance(rows[0].value, list) else _of_objects(rows)
    game, half, kind = node.find("game"), node.find("half"), _optional_text(node, "text")
    return Transcript(
        tuple(replace(segment, language=segment.language or language) for segment in _checked(spoken, node.file)),
        game=plain(game.value) if game is not None and isinstance(game.value, str) else "",
        half=half.whole(1, 2) if half is not None else _half_of(path),
        view=ENGLISH if kind == ENGLISH else VIEWS[0],
    )


def _of_rows(rows: Iterable[Node]) -> Iterator[Segment]:
    for row in rows:
        cells = list(row.items(4))
        if len(cells) < 3:
            raise row.fault("expected [start, end, text]")
        yield _segment(cells[0], cells[1], cells[2])


def _of_objects(rows: Iterable[Node]) -> Iterator[Segment]:
    for row in rows:
        no_speech = row.find("no_speech_prob")
        segment = _segment(row.get("start"), row.get("end"), row.get("text"))
        yield replace(
            segment,
            language=_optional_text(row, "language"),
            no_speech=0.0 if no_speech is None else no_speech.number(0.0, 1.0),
        )


def _of_offsets(transcription: Node) -> Iterator[Segment]:
    for row in transcription.items(SEGMENT_LIMIT):
        offsets, limit_ms = row.get("offsets"), LONGEST_S * 1000
        start, end = (offsets.get(key).number(0.0, limit_ms) / 1000 for key in ("from", "to"))
        text = row.get("text")
        yield _segment(Node(start, row.file, row.where), Node(end, row.file, row.where), text)


def _segment(start: Node, end: Node, text: Node) -> Segment:
    if not isinstance(text.value, str):
        raise text.fault("expected the words that were said")
    if len(text.value) > TEXT_LIMIT:
        raise text.fault(f"{len(text.value)} letters in one segment, where {TEXT_LIMIT} are the most that make sense")
    start_s = start.number(0.0, LONGEST_S)
    # Whisper now and then ends a segment a little before its own start.
    said = " ".join(text.value.split())
    # What is printable ASCII is plain already, and finding that out is quick.
    said = said if said.isascii() and said.isprintable() else plain(said)
    return Segment(start_s, max(start_s, end.number(0.0, LONGEST_S)), said)


def _checked(segments: Iterable[Segment], name: str) -> tuple[Segment, ...]:
    spoken = in_order(segment for segment in segments if segment.text)
    if len(spoken) > SEGMENT_LIMIT:
        raise InputError(f"{name} holds {len(spoken)} segments", f"{SEGMENT_LIMIT} are the most that make sense.")
    return spoken


def _optional_text(node: Node, key: str) -> str:
    found = node.find(key)
    return plain(found.value, 16) if found is not None and isinstance(found.value, str) else ""


def _half_of(path: Path) -> int | None:
    match = _HALF_IN_NAME.match(path.name)
    return int(match[1]) if match else None


def _name(path: Path) -> str:
    return plain(path.name, 80)


def _text(path: Path) -> str:
    name = _name(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name} is not a file", "Name the file with the transcript itself.")
        content = path.read_bytes() if status.st_size <= FILE_LIMIT else b""
        if content[:2] == b"\x1f\x8b":
            with gzip.open(path) as packed:
                content = packed.read(FILE_LIMIT + 1)
        if status.st_size > FILE_LIMIT or len(content) > FILE_LIMIT:
            raise InputError(f"{name} has over {FILE_LIMIT // MEGABYTE} MB", "A match's words take less than one.")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{name} does not exist", "Check the path.") from None
    except (EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"{name} is a broken gzip file: {error}", "Get it again from where it came.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 text at byte {error.start}", KINDS) from error
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}", "Check the path and its permissions.") from error


def pairs_of_halves(transcripts: Sequence[Transcript]) -> dict[tuple[str, int], dict[str, Transcript]]:
    """Transcripts by game and half, and there by view. Raises ``InputError`` where one says neither, or comes twice."""
    found: dict[tuple[str, int], dict[str, Transcript]] = {}
    for one in transcripts:
        if one.half is None:
            raise InputError("a transcript says no half", "Gathered transcripts name 'game' and 'half' on every line.")
        views = found.setdefault((one.game, one.half), {})
        if one.view in views:
            raise InputError(f"{plain(one.game, 80)}, half {one.half} comes twice", "Leave one of them out.")
        views[one.view] = one
    return found
