"""``momentum ingest``: a recording and what happened in the match become a match of the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.output import AsJson

if TYPE_CHECKING:
    from engine.football.events import MatchEvents

KickOff = Annotated[
    str | None,
    typer.Option("--kickoff", metavar="TIME", help="First kick-off in the sound, as 12:34; 'none' if not recorded."),
]
SecondHalf = Annotated[
    str | None,
    typer.Option("--second-half", metavar="TIME", help="Kick-off of the second half in the sound, or 'none'."),
]
ExtraTime = Annotated[
    str | None,
    typer.Option("--extra-time", metavar="TIME[,TIME]", help="Kick-offs of extra time in the sound."),
]


def ingest(
    media: Annotated[str, typer.Argument(help="Sound or video file; a web address goes through yt-dlp.")],
    statsbomb: Annotated[
        int | None, typer.Option("--statsbomb", metavar="ID", help="Events of this StatsBomb match.")
    ] = None,
    open_data: Annotated[
        Path | None,
        typer.Option("--open-data", metavar="DIR", help="Read them from a folder of StatsBomb's open data."),
    ] = None,
    goals: Annotated[
        str | None, typer.Option("--goals", metavar="TIMES", help="Goals on the match clock: 12:34,45+2:10,67:01.")
    ] = None,
    labels: Annotated[Path | None, typer.Option("--labels", metavar="FILE", help="A SoccerNet Labels-v2.json.")] = None,
    kickoff: KickOff = None,
    second_half: SecondHalf = None,
    extra_time: ExtraTime = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give a match that is there already these events.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a match to the library that training sees.

    MEDIA is a recording of the whole match; its events come from one of --statsbomb, --goals and --labels. Where the
    kick-offs lie in the sound is found by listening; a recording that does not fit its events is kept, but not used
    before 'momentum library align' is told the kick-offs.

    Example: momentum ingest match.mp4 --goals 12:34,45+2:10 --kickoff 6:40
    """
    from tempfile import TemporaryDirectory

    from engine.core.files import private_folder
    from engine.core.paths import find_paths
    from engine.football.alignment.result import parse_kick_offs
    from train.data.download import check_url, download, is_url

    given = parse_kick_offs(kickoff, second_half, extra_time)
    if is_url(media):
        check_url(media)
    events = load_events(statsbomb, open_data, goals, labels)
    if not is_url(media):
        _ingest_file(Path(media), events, given, replace, None, as_json)
        return
    with TemporaryDirectory(dir=private_folder(find_paths().cache), prefix="download-") as folder:
        _ingest_file(download(media, Path(folder)), events, given, replace, media, as_json)


def load_events(statsbomb: int | None, open_data: Path | None, goals: str | None, labels: Path | None) -> "MatchEvents":
    """Events from the one source that was named. Raises ``UsageError`` for none or several."""
    from engine.core.errors import UsageError
    from engine.football.goal_list import load_goals
    from engine.football.soccernet import load_labels
    from engine.football.statsbomb import load_from_folder, load_online

    if sum(source is not None for source in (statsbomb, goals, labels)) != 1:
        raise UsageError("what happened in the match is not clear", "Give one of --statsbomb ID, --goals and --labels.")
    if open_data is not None and statsbomb is None:
        raise UsageError("--open-data needs the id of a match in it", "Give --statsbomb ID as well.")
    if goals is not None:
        return load_goals(goals)
    if labels is not None:
        return load_labels(labels)
    assert statsbomb is not None
    return load_from_folder(open_data, statsbomb) if open_data is not None else load_online(statsbomb)


def _ingest_file(
    media: Path,
    events: "MatchEvents",
    given: dict[int, float | None],
    replace: bool,
    url: str | None,
    as_json: bool,
) -> None:
    from contextlib import closing
    from datetime import UTC, datetime

    from engine.app.version import installed
    from engine.audio.media_file import MediaFile
    from engine.core.address import shown
    from engine.core.errors import InputError
    from engine.core.paths import find_paths
    from engine.football.alignment.align import resolve
    from train.data.ingest import ingest as take_in
    from train.data.library import Library
    from tui.cli.progress import shown_on_stderr

    with closing(MediaFile(media)) as source, shown_on_stderr() as progress:
        result = take_in(
            media=media,
            source=source,
            events=events,
            library=(library := Library(find_paths().library)),
            align=lambda mel, match: resolve(mel, match, given),
            now=lambda: datetime.now(UTC),
            progress=progress,
            program=f"momentum {installed('acoustic-momentum')}",
            replace=replace,
            realign=bool(given),
            url=None if url is None else shown(url),
        )
    entry = library.find(result.match_id)
    _report(entry, result.alignment, result.already, as_json)
    if result.refusal is not None:
        raise InputError(
            result.refusal.message,
            f"It waits in the library for: momentum library align {entry.id} --kickoff 12:34 --second-half 1:14:50 "
            "('none' for a half that was not recorded)",
        )


def _report(entry: Any, alignment: Any, already: bool, as_json: bool) -> None:
    from tui.cli.output import print_json, print_lines

    if as_json:
        from engine.football.alignment.result import to_json

        print_json(
            {
                "id": entry.id,
                "title": entry.title,
                "already": already,
                "duration_s": round(entry.duration_s, 3),
                "bytes": entry.bytes,
                "alignment": to_json(alignment) if alignment else None,
            }
        )
        return
    print_lines(f"{entry.title}, {entry.duration_s / 60:.0f} minutes, {entry.bytes / 1e6:.1f} MB")
    print_lines(f"id {entry.id}{' (its sound was there already)' if already else ''}")
    if alignment:
        from tui.cli.commands.library import describe_alignment

        print_lines(describe_alignment(alignment))
