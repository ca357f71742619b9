"""``momentum publish``: what leaves the machine."""

from tui.cli.groups import group
from tui.cli.output import print_json

publish = group("What leaves the machine: MQTT, webhooks, metrics.")


@publish.command("schema")
def schema() -> None:
    """Print the JSON Schema that every message keeps.

    Example: momentum publish schema
    """
    from engine.publish.messages import schema as messages_schema

    print_json(messages_schema())
