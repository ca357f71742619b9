"""``momentum ingest``: a recording and what happened in the match become a match of the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.core.clock_text import minutes_time
from tui.cli.cluster_option import Cluster
from tui.cli.commands.live import Separate
from tui.cli.output import AsJson

if TYPE_CHECKING:
    from train.data.intake.ingest_recording import MatchToIngest

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
    media: Annotated[
        str, typer.Argument(help="Sound or video file, or a folder of them; a web address goes through yt-dlp.")
    ],
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
    commentary: Annotated[
        Path | None,
        typer.Option("--commentary", metavar="FILE", help="A transcript of it, for '--labels said-danger'."),
    ] = None,
    kickoff: KickOff = None,
    second_half: SecondHalf = None,
    extra_time: ExtraTime = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give a match that is there already these events.")
    ] = False,
    separate: Separate = None,
    as_json: AsJson = False,
    cluster: Cluster = None,
) -> None:
    """Add a match to the library that training sees.

    MEDIA is a recording of the whole match; its events come from one of --statsbomb, --goals, --labels and
    --commentary. Where the
    kick-offs lie in the sound is found by listening; a recording that does not fit its events is kept, but not used
    before 'momentum library align' is told the kick-offs. A folder has a table matches.csv, with a line for each
    recording: docs/training.md says what stands in it. Matches that are there already are not listened to again.

    Example: momentum ingest match.mp4 --goals 12:34,45+2:10 --kickoff 6:40
    """
    from tempfile import TemporaryDirectory

    from engine.core.errors import UsageError
    from engine.core.files import private_folder
    from engine.core.parse_kick_offs import parse_kick_offs
    from engine.core.paths import find_paths
    from engine.core.sound_address import shown
    from train.data.intake.download import check_url, download, is_url
    from train.data.intake.ingest_folder import load_events
    from train.data.intake.ingest_recording import MatchToIngest

    if not is_url(media) and Path(media).is_dir():
        if separate:
            raise UsageError("--separate takes one recording at a time", "Name them one by one.")
        by_hand = (statsbomb, goals, labels, commentary, kickoff, second_half, extra_time)
        _ingest_folder(Path(media), open_data, any(one is not None for one in by_hand), replace, cluster, as_json)
        return
    if cluster is not None:
        raise UsageError("--cluster is for a folder of recordings", "Name the folder, with its table matches.csv.")
    given = parse_kick_offs(kickoff, second_half, extra_time)
    if is_url(media):
        check_url(media)
    if commentary is not None and (statsbomb, open_data, goals, labels) == (None, None, None, None):
        from train.data.intake.said_events import load_said

        events = load_said(commentary, given)
    elif commentary is not None:
        raise UsageError("a match's events come from one place", "Leave out --commentary, or the other one.")
    else:
        events = load_events(statsbomb, open_data, goals, labels)
    if not is_url(media):
        _ingest_file(MatchToIngest(Path(media), events, given, replace), separate, as_json)
        return
    with TemporaryDirectory(dir=private_folder(find_paths().cache), prefix="download-") as folder:
        file = download(media, Path(folder))
        _ingest_file(MatchToIngest(file, events, given, replace, shown(media)), separate, as_json)


def _ingest_file(match: "MatchToIngest", separate: bool | None, as_json: bool) -> None:
    from datetime import UTC, datetime

    from engine.app.version import installed
    from engine.core.paths import find_paths
    from train.data.intake.ingest_folder import waits_for_kick_offs
    from train.data.intake.ingest_recording import ingest_recording
    from train.data.library import Library
    from tui.cli.progress import shown_on_stderr
    from tui.monitor.settings import settings_for

    settings, library = settings_for({"separate": separate}), find_paths().library
    program = f"momentum {installed('acoustic-momentum')}"
    with shown_on_stderr() as progress:
        result = ingest_recording(match, library, program, lambda: datetime.now(UTC), progress, settings)
    entry = Library(library).find(result.match_id)
    _report(entry, result.alignment, result.already, as_json)
    if result.refusal is not None:
        raise waits_for_kick_offs(entry.id, result.refusal)


def _ingest_folder(
    folder: Path, open_data: Path | None, by_hand: bool, replace: bool, cluster: str | None, as_json: bool
) -> None:
    from datetime import UTC, datetime

    from engine.app.version import installed
    from engine.core.errors import UsageError
    from engine.core.files import private_folder
    from engine.core.paths import find_paths
    from train.data.intake.ingest_folder import TABLE, recording_tasks, with_already
    from train.data.library import Library
    from train.jobs.run_tasks import Faults, in_order, run_tasks
    from train.jobs.workers import check_address, workers_at
    from tui.cli.output import print_json, print_lines
    from tui.cli.progress import shown_on_stderr
    from tui.cli.skipped_and_failed import say_not_done

    if by_hand:
        raise UsageError("events and kick-offs of a folder's recordings differ", f"They stand in its {TABLE}.")
    check_address(cluster)
    library = find_paths().library
    program = f"momentum {installed('acoustic-momentum')}"
    tasks = recording_tasks(folder, open_data, library, replace, program, datetime.now(UTC))
    folders = [folder, private_folder(library), *([open_data] if open_data else [])]
    before = {entry.id for entry in Library(library).entries()}
    faults = Faults(say_not_done)
    with workers_at(cluster, folders) as workers, shown_on_stderr() as tell:
        results = in_order(tasks, run_tasks(tasks, workers, tell, "taking in recordings", on_fault=faults))
    done = with_already(results, before, replace)
    if as_json:
        print_json(done)
    else:
        there = sum(one["already"] for one in done)
        print_lines(f"{len(done)} of {len(tasks)} recordings are in the library, {there} of them were there already")
    faults.raise_if_any(len(tasks), "The same command tries them again.")


def _report(entry: Any, alignment: Any, already: bool, as_json: bool) -> None:
    from tui.cli.output import print_json, print_lines

    if as_json:
        print_json(
            {
                "id": entry.id,
                "title": entry.title,
                "already": already,
                "duration_s": round(entry.duration_s, 3),
                "bytes": entry.bytes,
                "alignment": alignment.to_json() if alignment else None,
            }
        )
        return
    print_lines(f"{entry.title}, {entry.duration_s / 60:.0f} minutes, {entry.bytes / 1e6:.1f} MB")
    print_lines(f"id {entry.id}{' (its sound was there already)' if already else ''}")
    if alignment:
        print_lines(describe_alignment(alignment))


def describe_alignment(alignment: Any) -> str:
    """A line on where the kick-offs lie and how that is known."""
    if alignment is None:
        return "kick-offs: not known, so training leaves it out ('momentum library align' sets them)"
    times = ", ".join(f"period {number} at {minutes_time(t_s)}" for number, t_s in sorted(alignment.kick_off_s.items()))
    if alignment.confidence is None:
        return f"kick-offs: {times} ({alignment.method})"
    # Beyond three nines the figure says more about the method's assumptions than about the match.
    sure = "above 0.999" if alignment.confidence > 0.999 else f"{alignment.confidence:.3f}"
    return f"kick-offs: {times} (measured, confidence {sure}, crowd lag {alignment.lag_s:.1f} s)"
