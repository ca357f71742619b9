"""A process that explains now and then lives all day."""

import os
import subprocess
import sys

import pytest

TAKES_AND_LETS_GO = """
import sys, threading
from engine.core.heap import keep_heap_small
from engine.core.process_stats import resident_mb

if sys.argv[1] == "small":
    keep_heap_small()

def use(megabytes):
    blocks = [bytes(1 << 20) for _ in range(megabytes)]
    kept.append(bytearray(1 << 10))  # what lies above them in the heap
    blocks.clear()

kept = []
big = bytes(24 << 20)
del big  # from now on glibc takes blocks of this size from its heap
before = resident_mb()
for _ in range(4):
    thread = threading.Thread(target=use, args=(20,))
    thread.start()
    thread.join()
    use(20)
print(resident_mb() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries give free memory back by themselves")
def test_what_threads_let_go_stayed_with_the_process():
    assert held_mb("small") < 5.0
    assert held_mb("usual") > 15.0


def held_mb(way: str) -> float:
    # Dask leaves a trim threshold of its own in the environment of whoever started workers.
    own = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", TAKES_AND_LETS_GO, way]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=True, timeout=240)
    return float(done.stdout)
