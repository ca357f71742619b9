"""``momentum sessions``: the archive of what was recorded."""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.core.text import plain
from tui.cli.groups import group
from tui.cli.output import AsJson, Column, print_each, print_json, print_table, say

sessions = group("The archive of what was recorded: list, show, export, repair and delete sessions.")

Name = Annotated[
    str,
    typer.Argument(help="A session, the start of its name, or 'latest': one that runs, or else the last that ended."),
]


@sessions.command("list")
def list_(as_json: AsJson = False) -> None:
    """What was recorded, newest first.

    Example: momentum sessions list --json
    """
    from engine.session import list_sessions
    from engine.session.summary import row_of

    rows = [row_of(folder) for folder in list_sessions(_root())]
    if as_json:
        print_json(rows)
        return
    columns = [Column("session", fit="whole"), Column("state", fit="whole")]
    columns += [Column(title, "right") for title in ("length", "spikes", "marks", "sound MB")]
    columns.append(Column("venue: source" if any(row.get("venue") for row in rows) else "source", fit="cut"))
    print_table(columns, map(_cells, rows))


@sessions.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """One session: what made it, what was heard, spikes, marks, and what went wrong.

    Example: momentum sessions show latest
    """
    from engine.app.keep_session import places_for_spills
    from engine.session.spill import find_spills
    from engine.session.summary import all_of

    folder = _find(name)
    about = all_of(folder, find_spills(folder.name, places_for_spills()))
    if as_json:
        print_json(about)
    else:
        print_each(_told(about))


@sessions.command("repair")
def repair(name: Name, as_json: AsJson = False) -> int:
    """Save what is left of a damaged session, and say exactly what that is. A whole one is left as it is.

    Exit codes: 0 all that is left is in the session, 1 something waits, for room on the disk perhaps.

    Example: momentum sessions repair latest
    """
    import os
    from dataclasses import asdict

    from engine.app.keep_session import places_for_spills
    from engine.core.errors import ExitCode
    from engine.session import Clocks
    from engine.session.repair import repair

    done = repair(_find(name), Clocks(), os.getpid(), places_for_spills())
    if as_json:
        print_json({**asdict(done), "kept_in": str(done.kept_in) if done.kept_in else None})
    else:
        print_each(_account(done))
    return ExitCode.FAILED if done.waits else ExitCode.DONE


@sessions.command("delete")
def delete(name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Delete a session with its sound, for good.

    Example: momentum sessions delete 20261120T15 --yes
    """
    import sys

    from engine.app.keep_session import places_for_spills
    from engine.core.errors import UsageError
    from engine.session.folder import delete_session
    from engine.session.spill import find_spills

    folder = _find(name)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{folder.name} is deleted only when that is confirmed", "Add --yes.")
        typer.confirm(f"Delete session {plain(folder.name)} with its sound, for good?", abort=True, err=True)
    delete_session(folder)
    for file in find_spills(folder.name, places_for_spills()):
        file.unlink(missing_ok=True)
    say(f"deleted {folder.name}")


@sessions.command("export")
def export(
    name: Name,
    form: Annotated[
        str, typer.Option("--format", "-f", help="jsonl, json, csv, parquet, soccernet, chapters, labels, or clips.")
    ] = "jsonl",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write, for clips a folder; without: standard output.")
    ] = None,
    table: Annotated[
        str,
        typer.Option(
            help="For csv and parquet: readings, spikes, rejected, marks, reviews, health, words, said, spotted, lanes."
        ),
    ] = "readings",
    from_: Annotated[str, typer.Option("--from", help="Begin here: seconds, 12:34, or 1:02:03 of sound.")] = "0",
    to: Annotated[str | None, typer.Option("--to", help="End before this.")] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Reviews as training labels: --format labels.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    before_s: Annotated[float, typer.Option("--before", min=0.0, help="Clips: seconds before the spike.")] = 10.0,
    after_s: Annotated[float, typer.Option("--after", min=0.0, help="Clips: seconds after its onset.")] = 20.0,
    wav: Annotated[bool, typer.Option("--wav", help="Clips as WAV instead of FLAC.")] = False,
    game: Annotated[str, typer.Option(help="SoccerNet: the game's UrlLocal.")] = "",
    label: Annotated[str, typer.Option(help="SoccerNet: the class of every spike.")] = "Goal",
    halves: Annotated[
        str | None,
        typer.Option(help="SoccerNet: where the halves begin, '1:30,63:05'. Without: marks 'kick-off', 'second-half'."),
    ] = None,
    ranked: Annotated[
        bool, typer.Option("--ranked", help="SoccerNet: confidence by rank instead of the index.")
    ] = False,
    spotted: Annotated[
        bool, typer.Option("--spotted", help="SoccerNet: what 'momentum spot' found, instead of spikes.")
    ] = False,
) -> None:
    """Write a session, or the sound around its spikes and marks, in the formats of others.

    Example: momentum sessions export latest -f csv --table spikes -o spikes.csv
    """
    import sys

    from engine.app import export_session as exporting
    from engine.core.errors import UsageError
    from engine.session import SessionReader

    form = "labels" if labels else form
    if form not in exporting.FORMATS:
        raise UsageError(f"--format {form} is not known", f"There is {', '.join(exporting.FORMATS)}.")
    order = exporting.Order(
        form=form,
        out=out,
        table=exporting.table_of(table),
        span=exporting.span_of(from_, to),
        force=force,
        before_s=before_s,
        after_s=after_s,
        wav=wav,
        game=game,
        label=label,
        halves=exporting.halves_of(halves),
        ranked=ranked,
        spotted=spotted,
    )
    with SessionReader.open(_find(name)) as reader:
        exporting.export(reader, order, sys.stdout, say)


def _root() -> Path:
    from engine.core.paths import find_paths

    return find_paths().sessions


def _find(name: str) -> Path:
    from engine.session import find_session

    return find_session(_root(), name)


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    from engine.core.clock_text import clock_time

    if "fault" in row:
        return (row["session"], "damaged", None, None, None, None, "'sessions repair' saves what is left")
    megabytes = f"{row['sound_bytes'] / 1e6:.1f}" if row["sound_bytes"] else None
    numbers = (clock_time(row["heard_s"]), row["spikes"], row["marks"], megabytes)
    source = f"{row['venue']}: {row['source']}" if row.get("venue") else row["source"]
    return (row["session"], row["state"], *numbers, source)


def _told(about: dict[str, Any]) -> list[str]:
    from engine.core.clock_text import clock_time
    from engine.core.heard_tags import sounds_like
    from engine.core.said_events import share_said

    lines = [f"session  {about['session']}"]
    if "fault" in about:
        return [*lines, f"damaged  {about['fault']}"]
    lines += [
        *([f"venue    {about['venue']}"] if about["venue"] else []),
        f"source   {about['source']}",
        f"started  {about['started_at']}",
        *([f"engine   {about['engine']}"] if about["engine"] else []),
        f"state    {about['state']}{_why(about)}",
        f"heard    {clock_time(about['heard_s'])}, {about['readings']} readings",
        f"sound    {about['segments']} segments, {about['sound_bytes'] / 1e6:.1f} MB",
    ]
    lines += [f"trouble  {line}" for line in about["not_kept"]]
    if about["state"] != "running":
        lines += [f"waiting  {file}: 'sessions repair {about['session']}' takes it back" for file in about["waits_in"]]
    if about["clock_jumps"]:
        lines.append(f"clock    the computer's clock jumped {about['clock_jumps']} times; the session's times did not")
    lines += [
        f"spike    {clock_time(s['onset'])} to {clock_time(s['end'])}, highest {s['peak_pressure']:.2f}"
        f"{sounds_like(s.get('what'), s.get('what_probability'))}"
        f"{', ' + share_said(s['said']['kind'], s['said']['probability']) if 'said' in s else ''}"
        for s in about["spikes"]
    ]
    told = [(clock_time(e["said"]), share_said(e["kind"], e["probability"]), e["words"]) for e in about["said"]]
    lines += [f"words    {at} {event}{f' ({words})' if words else ''}" for at, event, words in told]
    lines += [f"spotted  {clock_time(e['t'])} {e['label']} {e['confidence']:.2f}" for e in about["spotted"]]
    lines += [f"mark     {clock_time(m['t'])} {m['label']} {m['note']}".rstrip() for m in about["marks"]]
    lines += [f"state    {clock_time(h['t'])} {h['health']} {h['detail']}".rstrip() for h in about["health"]]
    return lines


def _why(about: dict[str, Any]) -> str:
    return f": {about['end'].replace('_', ' ')}" if about["end"] else ""


def _account(done: Any) -> list[str]:
    from engine.core.clock_text import clock_time

    if done.kept_in is None:
        lines = [f"the store of {done.session} is whole: {done.readings} readings"]
    else:
        lines = [
            f"{done.readings} readings recovered, "
            + ("how many are lost can't be told" if done.lost_readings is None else f"{done.lost_readings} lost"),
            "events recovered: " + (", ".join(f"{n} {kind}" for kind, n in done.events.items()) or "none"),
            f"reviews recovered: {done.reviews}",
            f"the damaged files are kept in {done.kept_in}",
        ]
    lines += [f"missing: {clock_time(a)} to {clock_time(b)}" for a, b in done.gaps]
    lines += [f"sound that does not play, set aside: {name}" for name in done.broken_segments]
    return lines + ([done.settled] if done.settled else [])
