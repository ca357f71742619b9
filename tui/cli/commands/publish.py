"""``momentum publish``: who is told what is heard."""

from tui.cli.groups import group
from tui.cli.output import AsJson, Column, print_json, print_table

publish = group("Who is told what is heard: MQTT, webhooks, metrics; the table [publish] of the settings.")


@publish.command("test")
def test(as_json: AsJson = False) -> int:
    """Send one of each message to everybody, marked as a test, and say what came back.

    Exit codes: 0 all of it arrived, 1 something did not, 2 the settings name nobody, or a package is missing.

    Example: momentum publish test
    """
    from dataclasses import asdict

    from engine.app.publish_trial import try_everybody
    from engine.core.errors import UsageError
    from tui.monitor.settings import settings_for

    settings = settings_for({}).publish
    if not settings.anybody:
        raise UsageError("the settings name nobody who is told", "docs/publish.md explains the table [publish].")
    tried = list(try_everybody(settings))
    if as_json:
        print_json([asdict(each) for each in tried])
    else:
        columns = [Column("receiver"), Column("sent"), Column("arrived"), Column("what came back")]
        rows = [(each.receiver, each.sent, "yes" if each.arrived else "NO", each.came_back) for each in tried]
        print_table(columns, rows)
    return int(not all(each.arrived for each in tried))


@publish.command("schema")
def schema() -> None:
    """Print the JSON Schema that every message keeps.

    Example: momentum publish schema
    """
    from engine.publish.messages import schema as messages_schema

    print_json(messages_schema())
