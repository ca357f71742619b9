"""``python -m tui.service`` is the service itself, for where no application starts it."""

import sys

from tui.service.entry import main

sys.exit(main(sys.argv[1:]))
