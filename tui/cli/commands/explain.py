"""``momentum explain``: why the index stood where it did."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.output import AsJson, say

if TYPE_CHECKING:
    from engine.core.errors import UsageError
    from engine.core.signals import Spike
    from engine.explain.explanation import Explanation
    from tui.cli.progress import Progress


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
    """Say which second and which pitch of the last 38 s moved the index, and by how much.

    The session must have kept its sound (--sound). What is explained is the way from the crowd's own background, band
    by band, to what was heard; the parts sum to the difference that made. Without a moment: the highest spike.

    Exit codes: 0 done, 2 usage, 4 the session's weights are not installed, 5 no such moment, or no sound was kept.

    Example: momentum explain latest --at 71:20 --svg why.svg
    """
    from engine.app.explain import explain_stored
    from engine.core.paths import find_paths
    from engine.session import find_session
    from tui.cli import explanation as report
    from tui.cli.output import print_json
    from tui.cli.progress import shown_on_stderr

    folder = find_session(find_paths().sessions, session)
    moment = _moment(folder, at, spike)
    pictures, missing = _pictures(svg, png, force)
    with shown_on_stderr() as progress:
        done, used = explain_stored(folder, moment, weights, with_occlusion=True, tell=_Drafts(progress))
    title = report.title_of(folder.name, done, used.config.title)
    for write in pictures:
        write(done, title)
    if as_json:
        about = {"session": folder.name, "weights": used.config.title, "sha256": used.checksum}
        print_json({**about, **report.numbers(done)})
    else:
        report.show(done, title)
    if missing is not None:
        raise missing


def _moment(folder: Path, at: str | None, number: int | None) -> "float | Spike":
    from engine.app.explain import spike_number
    from engine.app.export import seconds_of
    from engine.core.errors import InputError, UsageError
    from engine.session import SessionReader

    if at is not None and number is not None:
        raise UsageError("--at and --spike name two moments", "Give one of them.")
    if at is not None:
        return seconds_of(at)
    with SessionReader.open(folder) as reader:
        if number is not None:
            return spike_number(reader, number)
        spikes = reader.spikes()
        if not spikes:
            raise InputError(f"session {reader.name} has no spike", "Name a moment: --at 12:34.")
        return max(spikes, key=lambda spike: spike.peak_pressure)


def _pictures(svg: Path | None, png: Path | None, force: bool) -> "tuple[list[Any], UsageError | None]":
    """What writes the pictures that were asked for, and why there can be no PNG beside the SVG.

    What would stop all of them is raised, before anything is computed.
    """
    from engine.core.errors import InputError, UsageError
    from engine.explain import picture

    wanted = [(svg, picture.write_svg), (png, picture.write_png)]
    missing = None
    if png is not None:
        try:
            picture.check_png()
        except UsageError as error:
            if svg is None:
                raise
            missing = error
            del wanted[1]
    found = []
    for path, write in wanted:
        if path is None:
            continue
        if path.exists() and not force:
            raise InputError(f"{path} exists already", "Add --force to write over it.")
        found.append(_Writer(path, write))
    return found, missing


class _Drafts:
    """Says the first answer, which is there long before the last, and then how the refining goes."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._told = False

    def __call__(self, draft: "Explanation") -> None:
        from engine.explain.in_words import tell
        from tui.cli import explanation as report

        if not self._told:
            self._told = True
            typer.echo(f"a first answer: {tell(draft).sentence}", err=True)
        self._progress("refining it", draft.attribution.nodes, None, report.progress(draft.attribution))


class _Writer:
    """Writes one picture to its place."""

    def __init__(self, path: Path, write: Any) -> None:
        self._path, self._write = path, write

    def __call__(self, explanation: Any, title: str) -> None:
        self._write(self._path, explanation, title)
        say(f"written: {self._path}")
