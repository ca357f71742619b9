"""``momentum library``: the matches that training sees."""

from typing import Annotated, Any

import typer

from engine.core.clock_text import minutes_time
from tui.cli.commands.ingest import ExtraTime, KickOff, SecondHalf, describe_alignment
from tui.cli.groups import group
from tui.cli.output import AsJson, Column, print_json, print_lines, print_table

library = group(
    "The matches that training sees: list, look at, align by hand, remove. 'momentum ingest' adds one; reviewed "
    "sessions come in with 'add-reviews'."
)

Match = Annotated[str, typer.Argument(help="Id of a match as 'list' shows it, or a part of it.")]
Matches = Annotated[
    list[str], typer.Argument(metavar="MATCH", help="Ids of matches as 'list' shows them, or parts of them.")
]


@library.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every match: what it is, how long, how its kick-offs were found, and what is wrong with it.

    Example: momentum library list --json
    """
    from dataclasses import asdict

    entries = _open().entries()
    if as_json:
        print_json([{**asdict(entry), "usable": entry.usable} for entry in entries])
        return
    if not entries:
        print_lines("The library is empty. 'momentum ingest --help' says how to add a match.")
        return
    print_table(
        [Column("id"), Column("goals", "right"), Column("min", "right"), Column("events"), Column("kick-offs")],
        [
            (
                entry.id,
                entry.goals,
                f"{entry.duration_s / 60:.0f}",
                entry.source,
                _kick_offs(entry),
            )
            for entry in entries
        ],
    )
    for entry in entries:
        if entry.fault:
            print_lines(f"{entry.id}: {entry.fault}")


def _kick_offs(entry: Any) -> str:
    if entry.reviews:
        return f"{entry.reviews} reviews"
    return "not known" if entry.aligned == "no" else str(entry.aligned)


@library.command("add-reviews")
def add_reviews(
    sessions: Annotated[list[str], typer.Argument(help="Sessions, the starts of their names, or 'latest'.")],
    as_json: AsJson = False,
) -> None:
    """Let training see sessions with reviewed spikes; again, it brings their reviews up to date.

    A session needs its sound (recorded with --sound). 'momentum train head' learns that a spike reviewed as right was
    danger and that one reviewed as wrong only sounded like it; of what nobody reviewed it is told nothing.

    Example: momentum library add-reviews latest
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from engine.app.version import installed
    from engine.core.paths import find_paths
    from engine.session import SessionReader, find_session
    from train.data.intake.take_reviews import add_reviews as take
    from train.data.reviews import review_counts
    from tui.cli.progress import shown_on_stderr

    opened = _open()
    folders = [find_session(find_paths().sessions, name) for name in sessions]
    added = []
    for folder in dict.fromkeys(folders):
        with SessionReader.open(folder) as reader, shown_on_stderr() as progress:
            program = f"momentum {installed('acoustic-momentum')}"
            added.append(take(reader, opened, lambda: datetime.now(UTC), program, progress))
    if as_json:
        print_json([asdict(one) for one in added])
        return
    for one in added:
        print_lines(f"{one.match_id}: {'brought up to date' if one.already else 'added'}")
        if one.deaf:
            print_lines(f"{one.deaf} reviewed spikes have too little kept sound before them and teach nothing")
    print_lines(review_counts(sum(one.right for one in added), sum(one.wrong for one in added)))


@library.command("show")
def show(match: Match, as_json: AsJson = False) -> None:
    """One match: its events, where they lie in the sound, and where it came from. Checks its frames.

    Example: momentum library show 3754050
    """
    from train.data.match_folder import to_json

    opened = _open()
    stored = opened.match(opened.find(match).id)
    stored.verify()
    if as_json:
        print_json({"id": stored.id, "folder": str(stored.folder), **to_json(stored.manifest)})
        return
    manifest, events = stored.manifest, stored.events
    origin = manifest.provenance
    if manifest.is_session:
        print_lines(f"{manifest.duration_s / 60:.1f} minutes of {origin.media}, added {origin.added_at}")
        for review in manifest.reviews:
            said = "danger" if review.danger else "no danger"
            print_lines(f"  {minutes_time(review.onset_s):>9}  {said:<9}  {review.what}".rstrip())
        print_lines("Frames are whole.")
        return
    print_lines(f"{events.title}  {events.date}  {events.competition}".rstrip())
    print_lines(f"{manifest.duration_s / 60:.1f} minutes of {origin.media}, added {origin.added_at}")
    if origin.separation is not None:
        print_lines(f"heard without its voices ({origin.separation})")
    print_lines(f"events: {events.source}, {events.attribution}, shots {events.shots}")
    print_lines(describe_alignment(stored.alignment))
    for event in events.events:
        if event.kind in ("goal", "shot") and (event.kind == "goal" or (event.xg or 0.0) >= _SHOWN_XG):
            xg = "" if event.xg is None else f"xG {event.xg:.2f}"
            sound = _sound_time(stored.alignment, event)
            print_lines(
                f"  {event.match_clock:>8}  {sound:>9}  {event.kind:<5} {event.side or '':<5} {xg:<8} {event.player}"
            )
    print_lines("Frames are whole.")


_SHOWN_XG = 0.1


@library.command("align")
def align(
    match: Match,
    kickoff: KickOff = None,
    second_half: SecondHalf = None,
    extra_time: ExtraTime = None,
    as_json: AsJson = False,
) -> None:
    """Say where the kick-offs lie in the sound; those not given are found by listening.

    Times are minutes:seconds since the start of the recording. Without any, all kick-offs are searched for anew.

    Example: momentum library align 3754050 --kickoff 6:40 --second-half 1:09:15
    """
    from engine.core.parse_kick_offs import parse_kick_offs
    from train.data.intake.ingest_recording import align_again

    given = parse_kick_offs(kickoff, second_half, extra_time)
    opened = _open()
    match_id = opened.find(match).id
    alignment = align_again(opened, match_id, given)
    if as_json:
        print_json({"id": match_id, "alignment": alignment.to_json()})
    else:
        print_lines(describe_alignment(alignment))


@library.command("remove")
def remove(matches: Matches, as_json: AsJson = False) -> None:
    """Take matches out of the library. The recordings they came from are not touched.

    Example: momentum library remove 3754050
    """
    opened = _open()
    ids = [opened.find(name).id for name in matches]
    for match_id in dict.fromkeys(ids):
        opened.remove(match_id)
    if as_json:
        print_json({"removed": ids})
    else:
        print_lines("\n".join(f"removed {match_id}" for match_id in ids))


def _sound_time(alignment: Any, event: Any) -> str:
    if alignment is None or event.period not in alignment.kick_off_s:
        return "-"
    return minutes_time(alignment.clock.sound_s(event.period, event.clock_s))


def _open() -> Any:
    from engine.core.paths import find_paths
    from train.data.library import Library

    return Library(find_paths().library)
