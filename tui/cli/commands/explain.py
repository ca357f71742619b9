"""``momentum explain``: why the index stood where it did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.output import AsJson, say

if TYPE_CHECKING:
    from engine.core.telling import Progress
    from engine.explain.explanation import Explanation


def explain(
    session: Annotated[
        str, typer.Argument(help="The session's name, the start of it, or latest.", show_default=False)
    ] = "latest",
    at: Annotated[str | None, typer.Option(help="The moment: seconds, 12:34, or 1:02:03 of sound.")] = None,
    spike: Annotated[int | None, typer.Option(help="The peak of this spike; the first is 1.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="What other weights than the session's own make of it.", show_default=False)
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw it over the spectrogram, as SVG.")] = None,
    png: Annotated[Path | None, typer.Option(help="The same as PNG; needs the extra 'pictures'.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say which second and which pitch of the last 39 s moved the index, and by how much.

    The session must have kept its sound (--sound). What is explained is the way from the crowd's own background, band
    by band, to what was heard; the parts sum to the difference that made. Without a moment: the highest spike.

    Exit codes: 0 done, 2 usage, 4 the session's weights are not installed, 5 no such moment, or no sound was kept.

    Example: momentum explain latest --at 71:20 --svg why.svg
    """
    from engine.app.explain import explain_stored, moment_of, pictures_wanted, said_there
    from engine.core.clock_text import clock_time
    from engine.core.paths import find_paths
    from engine.core.said_events import event_said
    from engine.core.signals import to_json
    from engine.explain.explanation_json import numbers
    from engine.explain.in_words import title_of
    from engine.session import find_session
    from tui.cli.output import print_json, print_lines
    from tui.cli.progress import shown_on_stderr
    from tui.cli.show_explanation import show

    folder = find_session(find_paths().sessions, session)
    moment = moment_of(folder, at, spike)
    pictures, missing = pictures_wanted(svg, png, force)
    with shown_on_stderr() as progress:
        done, used = explain_stored(folder, moment, weights, with_occlusion=True, tell=_Drafts(progress))
    title = title_of(folder.name, done, used.config.title)
    for picture in pictures:
        picture.write(picture.path, done, title)
        say(f"written: {picture.path}")
    event = said_there(folder, moment)
    if as_json:
        about = {"session": folder.name, "weights": used.config.title, "sha256": used.checksum}
        print_json({**about, **numbers(done), **({"said": to_json(event)} if event is not None else {})})
    else:
        show(done, title)
        if event is not None:
            print_lines(f"the commentator {event_said(event)} at {clock_time(event.said)}")
    if missing is not None:
        raise missing


class _Drafts:
    """Says the first answer, which is there long before the last, and then how the refining goes."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._told = False

    def __call__(self, draft: "Explanation") -> None:
        from engine.explain.in_words import how_far, tell

        if not self._told:
            self._told = True
            typer.echo(f"a first answer: {tell(draft).sentence}", err=True)
        self._progress("refining it", draft.attribution.nodes, None, how_far(draft.attribution))
