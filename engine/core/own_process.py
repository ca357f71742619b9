"""A process of its own for a part of this program: what may hang, die or need much memory takes nothing with it."""

import json
import os
import sys
from typing import Final

_START: Final = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from {module} import {function}
{function}(json.loads(sys.argv[2]))
"""


def command_for(module: str, function: str) -> list[str]:
    """What starts ``function`` of ``module`` in this very program; its one argument, as JSON, is to follow."""
    # The service on macOS starts its interpreter without the packages of the environment, and then adds them.
    flags = ["-S"] if sys.flags.no_site else []
    start = _START.format(module=module, function=function)
    return [sys.executable, *flags, "-P", "-c", start, json.dumps(sys.path)]


def environment_for_it() -> dict[str, str]:
    """The environment that such a process needs."""
    home = {"PYTHONHOME": sys.base_prefix} if sys.flags.no_site else {}
    return {**os.environ, **home}
