"""Benchmarks: ``make bench`` runs every ``bench_<topic>.py`` and prints one table.

A topic is a module with ``run() -> list[Row]``. What another computer would measure differently is given as a ratio of
two things done in the same run.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One measured figure: the median in ``value``, and in ``spread`` half the distance between the quartiles."""

    name: str
    value: float
    unit: str
    spread: float | None = None
    note: str = ""
