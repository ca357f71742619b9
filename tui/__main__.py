"""``python -m tui`` is ``momentum``."""

import sys

from tui.cli import main

sys.exit(main())
