"""``momentum export``: the network in other programs' formats."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tui.cli.commands.live import WeightsOption
from tui.cli.groups import group
from tui.cli.output import AsJson

if TYPE_CHECKING:
    from engine.app.weights import Exported, Weights

export = group("Write the network for other programs, with everything they must know to feed it.")

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


@export.callback()
def _formats() -> None:
    """Write the network for other programs, with everything they must know to feed it."""
    # Without this, a group of one command would be that command.


@export.command("onnx")
def onnx(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the files; made if missing.")],
    weights: WeightsOption = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write ONNX: the encoder by columns and by whole windows, and the head, a file each.

    Front end, calibration, label rule and spikes are in the metadata of each. docs/export.md explains how to feed them.

    Example: momentum export onnx exported --weights default
    """
    from engine.app.weights import export_network

    _tell(export_network(_chosen(weights), "onnx", out, force), as_json)


@export.command("coreml")
def coreml(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for the packages; made if missing.")],
    weights: WeightsOption = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write Core ML packages for iOS 16, macOS 13 and later: the encoder by columns and by whole windows, and the head.

    The encoder is in half precision with fixed shapes, for the Neural Engine. What the ONNX files say of front end,
    calibration and label rule is in the metadata here, too. docs/export.md explains how a program feeds them.

    Example: momentum export coreml exported --weights default
    """
    from engine.app.weights import export_network

    _tell(export_network(_chosen(weights), "coreml", out, force), as_json)


def _chosen(name: str | None) -> "Weights":
    from engine.app.weights import checked, folder_of
    from engine.core.paths import find_paths
    from tui.monitor.settings import settings_for

    return checked(folder_of(settings_for({"weights": name}).weights, find_paths()))


def _tell(written: "list[Exported]", as_json: bool) -> None:
    from tui.cli.output import Column, print_json, print_table

    if as_json:
        print_json(
            [{"file": str(row.file), "input": row.input, "output": row.output, "bytes": row.bytes} for row in written]
        )
        return
    print_table(
        [Column("file"), Column("takes"), Column("gives"), Column("bytes")],
        [(str(row.file), row.input, row.output, str(row.bytes)) for row in written],
    )
