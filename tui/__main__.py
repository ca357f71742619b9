"""``python -m tui`` is ``momentum``."""

import sys

from tui.cli.main import main

sys.exit(main())
