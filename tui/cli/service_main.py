"""``python -m tui.cli.service_main`` is the service itself, for where no application starts it."""

import sys

from tui.cli.service_entry import main

sys.exit(main(sys.argv[1:]))
