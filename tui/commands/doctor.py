"""``momentum doctor``: everything that can stop a match day, each with a remedy."""

from typing import TYPE_CHECKING, Annotated

import typer

from tui.output import print_json, wants_json
from tui.text import plain

if TYPE_CHECKING:
    from tui.doctor.checks import Finding, Surroundings


def doctor(
    listen: Annotated[
        float, typer.Option(min=0, max=60, metavar="SECONDS", help="Also listen to the microphone for so long.")
    ] = 0,
    bench: Annotated[bool, typer.Option("--bench", help="Measure this machine instead; takes about a minute.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> int:
    """Check what can stop a match day, each fault with its remedy; or measure what this machine can do (--bench).

    Exit code 0: this machine can listen, though there may be warnings. Exit code 1: a problem would stop it.
    """
    import os
    from dataclasses import asdict

    from engine.paths import find_paths
    from tui.doctor import CHECKS
    from tui.doctor.checks import Surroundings, examine, read_settings, this_terminal, would_stop

    paths = find_paths()
    settings, setting_findings = read_settings(paths, os.environ)
    around = Surroundings(os.environ, paths, settings, terminal=this_terminal(), listen_s=listen)
    if bench:
        _measure(around, wants_json(as_json))
        return 0
    findings = [*setting_findings, *examine(CHECKS, around)]
    stopped = would_stop(findings)
    if wants_json(as_json):
        print_json({"ready": not stopped, "findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
        typer.echo("Not ready: a problem would stop the listening." if stopped else "Ready to listen.")
    return int(stopped)


def _measure(around: "Surroundings", as_json: bool) -> None:
    from dataclasses import asdict

    from tui.doctor.figures import measure
    from tui.output import Column, print_table
    from tui.version import version_lines

    typer.echo("Measuring; keep the machine at rest for a minute.", err=True)
    versions, figures = version_lines(), list(measure(around))
    if as_json:
        print_json({"versions": versions, "figures": [asdict(figure) for figure in figures]})
        return
    columns = [Column("what"), Column("measured", "right"), Column(""), Column("note")]
    cells = [(f.what, "-" if f.value is None else f"{f.value:.3g}", f.unit, f.note) for f in figures]
    print_table(columns, cells)


def _show(findings: "list[Finding]") -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from tui.doctor.checks import Verdict

    styles = {Verdict.OK: "", Verdict.NOTE: "blue", Verdict.WARNING: "yellow", Verdict.PROBLEM: "bold reverse"}
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for finding in findings:
        said = Text(plain(finding.detail))
        if finding.remedy:
            said.append(f"\n-> {plain(finding.remedy)}", style="bold")
        table.add_row(Text(finding.verdict, styles[finding.verdict]), Text(plain(finding.what)), said)
    Console(highlight=False).print(Padding(table, (0, 0, 1, 0)))
