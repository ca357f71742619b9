"""The other way to a microphone on macOS: the recorder in a window of Terminal, which is allowed to ask for it.

launchd opens a ``.command`` file with Terminal at login; Terminal is then the responsible process, its ``Info.plist``
says why, and one question is answered for it. For where the application (``engine.app.service.bundle``) can't be signed
or does not start. launchd knows nothing of what runs in the window, so the file itself starts the recorder again.
"""

import shlex
from pathlib import Path
from typing import Final

from engine.app.service.system_commands import check_printable

_PAUSE_S: Final = 10
"""As launchd's ThrottleInterval."""


def command_file(command: list[str], environment: dict[str, str], output: Path) -> str:
    """The script: runs ``command`` until it ends with 0, as ``tui.cli.service_entry`` does for good, or the file is
    gone.

    ``output`` is where its standard error goes. Raises ``UsageError`` for what can't stand in it.
    """
    for text in (*command, *environment.values(), str(output)):
        check_printable(text)
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    return f"""\
#!/bin/sh
# Made by 'momentum service install --terminal'; 'momentum service remove' takes it away.
# shellcheck disable=SC2016 # what stands in single quotes is meant as it stands
umask 077
trap '' HUP
{exports}echo "Acoustic Momentum records here, also when this window is closed. 'momentum watch' shows what it hears."
while [ -e "$0" ]; do
  {shlex.join(command)} 2>>{shlex.quote(str(output))} </dev/null && break
  sleep {_PAUSE_S}
done
"""
