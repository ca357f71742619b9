"""For all tests: hypothesis judges what happens, never how long it took on a busy machine; products are exact.

A change is judged by what it changed: the same tests see the same examples every time. ``make fuzz`` has hypothesis
draw new ones, and remembers those that fail."""

import gc
import os
import signal

import pytest
from hypothesis import settings

import engine  # noqa: F401  (the environment is set before MLX's first product, also where a test imports MLX alone)

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, print_blob=True)
settings.load_profile("repeatable")

# Beside each other, tests have the size of the terminal that somebody else sits at: readline puts it there.
for size in ("COLUMNS", "LINES"):
    os.environ.pop(size, None)

# A shell gives no Ctrl-C to what it starts in the background; the programs that tests start are to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests are objects that stay until the end. Looking through all of them for rings that nobody holds,
    as often as a small program does it, took a tenth of the time of the tests; pytest looks once more at the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share something made once for their module go to one process: each of several would make it anew.
    Before ``--dist loadgroup`` looks at the marks."""
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        made = getattr(item, "_fixtureinfo", None)
        shared = made is not None and any(found[-1].scope == "module" for found in made.name2fixturedefs.values())
        if shared and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What ``-n auto`` means: two processes a core, four at most. Many tests wait for a clock, a server or a child, and
    on two cores two processes would leave a third of the time unused."""
    return min(4, 2 * (os.cpu_count() or 1))
