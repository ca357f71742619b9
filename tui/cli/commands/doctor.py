"""``momentum doctor``: everything that can stop a match day, each with a remedy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.app.stray_output import libraries_kept_quiet
from engine.core.text import plain
from tui.cli.output import AsJson, print_json, print_rows, say

if TYPE_CHECKING:
    from engine.app.doctor.checks import Finding, Surroundings


@libraries_kept_quiet()
def doctor(
    listen: Annotated[
        float, typer.Option(min=0, max=60, metavar="SECONDS", help="Also listen to the microphone for so long.")
    ] = 0,
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write a file for someone who helps; nothing is sent.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    bench: Annotated[bool, typer.Option("--bench", help="Measure this machine instead; takes about a minute.")] = False,
    as_json: AsJson = False,
) -> int:
    """Check what can stop a match day, each fault with its remedy; or measure what this machine can do (--bench).

    Exit code 0: this machine can listen, though there may be warnings. Exit code 1: a problem would stop it.

    The file of --report can be read by you alone. Passwords and tokens are left out of it as far as they can be told.

    Example: momentum doctor --listen 5 --report momentum.txt
    """
    import os
    from contextlib import suppress
    from dataclasses import asdict

    from engine.app.doctor import CHECKS
    from engine.app.doctor.checks import Surroundings, examine, read_settings, this_terminal, would_stop
    from engine.app.doctor.report import CONTENTS, check_place, write_report
    from engine.core.paths import find_paths
    from tui.monitor.settings import read_settings as checked

    if report is not None:
        check_place(report, force)
    paths = find_paths()
    settings, setting_findings = read_settings(paths, os.environ, checked)
    around = Surroundings(os.environ, paths, settings, terminal=this_terminal(), listen_s=listen, read=checked)
    if bench:
        _measure(around, as_json)
        return 0
    findings = [*setting_findings, *examine(CHECKS, around)]
    stopped = would_stop(findings)
    if report is not None:
        write_report(report, around, findings, force)
        say(f"written: {report}, which only you can read: {CONTENTS}.")
        say("Nothing was sent anywhere. Look through it before you send it: what is secret is not always recognised.")
    with suppress(BrokenPipeError):  # whoever reads no further asked for the exit code all the same
        if as_json:
            print_json({"ready": not stopped, "findings": [asdict(finding) for finding in findings]})
        else:
            _show(findings)
            typer.echo("Not ready: a problem would stop the listening." if stopped else "Ready to listen.")
    return int(stopped)


def _measure(around: "Surroundings", as_json: bool) -> None:
    from dataclasses import asdict

    from engine.app.doctor.benchmark import measure
    from engine.app.version import version_lines
    from tui.cli.output import Column, print_table
    from tui.monitor.settings import settings_for

    say("Measuring; keep the machine at rest for a minute.")
    versions, figures = version_lines(lambda: settings_for({})), list(measure(around))
    if as_json:
        print_json({"versions": versions, "figures": [asdict(figure) for figure in figures]})
        return
    columns = [Column("what"), Column("measured", "right"), Column(""), Column("note")]
    cells = [(f.what, "-" if f.value is None else f"{f.value:.3g}", f.unit, f.note) for f in figures]
    print_table(columns, cells)


def _show(findings: "list[Finding]") -> None:
    from rich.table import Table
    from rich.text import Text

    from engine.app.doctor.checks import Verdict

    styles = {Verdict.OK: "", Verdict.NOTE: "blue", Verdict.WARNING: "yellow", Verdict.PROBLEM: "bold reverse"}
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for finding in findings:
        said = Text(plain(finding.detail))
        if finding.remedy:
            said.append(f"\n-> {plain(finding.remedy)}", style="bold")
        table.add_row(Text(finding.verdict, styles[finding.verdict]), Text(plain(finding.what)), said)
    print_rows(table)
    typer.echo()
