"""The option of every command whose work can be done on many machines."""

from typing import Annotated, TypeAlias

import typer

Cluster: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Work on a Dask cluster: tcp://HOST:PORT, or local:N processes here."
    ),
]
