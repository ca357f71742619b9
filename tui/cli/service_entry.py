"""Where the service begins on macOS: the command, and an exit code that launchd takes in the right way."""

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run ``momentum`` with ``arguments`` as the service; returns what launchd should see."""
    from engine.app.service.launchd_ends import run_as_service
    from engine.core.paths import find_paths
    from tui.cli.main import main as momentum
    from tui.cli.output import say

    return run_as_service(arguments, momentum, find_paths(), say)
