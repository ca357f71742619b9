"""Runs several commands in one process, one after the other; they come as JSON, a list of lists of words.

Standard error says after each which it was and its exit code, as JSON: whoever watches the process knows where it is.
"""

import json
import sys

from tui.cli.main import main

if __name__ == "__main__":
    for arguments in json.loads(sys.argv[1]):
        code = main(arguments)
        print(json.dumps({"command": arguments[0], "code": int(code)}), file=sys.stderr, flush=True)
