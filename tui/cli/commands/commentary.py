"""``momentum commentary``: what a commentator's words say happened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.output import AsJson, say

if TYPE_CHECKING:
    from engine.app.commentary import Told
    from train.commentary.judging import Judged

_KINDS = "SoccerNet-Echoes or Whisper JSON, JSON Lines of many halves, SRT, WebVTT; gzipped or not."


def commentary(
    transcript: Annotated[Path, typer.Argument(help=f"The words of one half: {_KINDS}", show_default=False)],
    labels: Annotated[
        Path | None, typer.Option(help="What happened: a Labels-v2.json, or a CSV game,half,second,label.")
    ] = None,
    game: Annotated[str | None, typer.Option(help="Of many games the one whose name holds this.")] = None,
    half: Annotated[int | None, typer.Option(min=1, max=2, help="Of a game the half.", show_default=False)] = None,
    view: Annotated[
        str | None, typer.Option(help="Only 'original' or 'english', where the file has both.", show_default=False)
    ] = None,
    mode: Annotated[
        str, typer.Option(help="archive reads ahead; live tells an event within 10 s, from what was said by then.")
    ] = "archive",
    least: Annotated[float, typer.Option(min=0.0, max=1.0, help="The least probability that is shown.")] = 0.3,
    as_json: AsJson = False,
) -> None:
    """Say what happened in a half by what a commentator says, with the words that moved each event.

    A probability is that of an event of the kind within 15 s. With --labels the words are first laid over what
    happened: words of another match are refused.

    Exit codes: 0 done, 2 usage, 4 the model of words is missing, 5 no transcript, nothing to be told, or a wrong match.

    Example: momentum commentary 1_asr.json --labels Labels-v2.json
    """
    from engine.app.commentary import tell_events, told_json
    from tui.cli.output import print_json

    told = tell_events(transcript, mode, least, game=game, half=half, view=view)
    judged = None
    if labels is not None:
        from train.commentary.judging import judge

        judged = judge(told, labels, game, half)
    if as_json:
        print_json({**told_json(told), **({"labels": _judged_json(judged)} if judged else {})})
    else:
        _show(told)
        if judged is not None:
            _show_judged(judged)


def _show(told: "Told") -> None:
    from engine.core.clock_text import minutes_time
    from tui.cli.output import Column, print_table

    taken_out = sum(told.dropped.values())
    spoken = f"language {told.language}" if told.language else "language unknown"
    views = " and ".join(told.views)
    say(f"{told.words} words ({views}, {spoken}); {taken_out} segments left out as loops or inventions")
    if not told.events:
        typer.echo("no event is that likely")
        return
    rows = [
        (
            minutes_time(event.t_s),
            event.label,
            f"{event.probability:.2f}",
            ", ".join(share.text for share in event.words),
        )
        for event in told.events
    ]
    print_table([Column("at", "right"), Column("event"), Column("probability", "right"), Column("words")], rows)


def _show_judged(judged: "Judged") -> None:
    from tui.cli.output import Column, print_table

    fit = judged.alignment
    say(f"the words are {fit.offset_s:+.0f} s off the events (by chance: {100 * fit.chance:.1g} %)")
    titles = ("happened", "found", "told", "right", "average precision")
    rows = [
        (
            one.label,
            one.happened,
            one.found,
            one.told,
            one.right,
            None if one.precision is None else f"{one.precision:.2f}",
        )
        for one in judged.classes
    ]
    print_table([Column("class"), *(Column(title, "right") for title in titles)], rows)
    if judged.mean is not None:
        typer.echo(f"mean over the classes that happened: {judged.mean:.2f} (SoccerNet's loose average-mAP)")


def _judged_json(judged: "Judged") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(judged)
