"""A task: a pure function of a description, and what came of it.

The description holds all that the result depends on, so a task can be done anywhere, twice, or not at all where its
result is kept already. A result is small, or the task writes files and its result says which.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.core.errors import ExitCode, MomentumError

Result: TypeAlias = Mapping[str, Any]
"""Arrays and what JSON can hold, by name."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done once.

    name: what a person calls it. function: importable by its name, for another process imports it. given: its one
    argument, which travels. made_from: as JSON all that the result depends on, and no path that is another elsewhere;
    its digest is the ``key``.
    """

    name: str
    function: Callable[[Any], Result]
    given: Any
    made_from: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The name of the result: 32 hexadecimal digits of the SHA-256 of what it is made from."""
        made_from = {"function": f"{self.function.__module__}.{self.function.__qualname__}", **self.made_from}
        return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a task could not be done, by its own fault; the others go on."""

    message: str
    hint: str
    exit_code: int = ExitCode.FAILED

    def error(self) -> MomentumError:
        """The same, to be raised."""
        return MomentumError(self.message, self.hint, ExitCode(self.exit_code))


Outcome: TypeAlias = Result | Fault


def attempt(task_function: Callable[[Any], Result], given: Any) -> Outcome:
    """Do it. What a person can mend becomes a ``Fault``; a mistake of the program is raised."""
    try:
        return task_function(given)
    except MomentumError as error:
        return Fault(error.message, error.hint, int(error.exit_code))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Fault(f"{where}{error.strerror or error}", "Check the file, the folder's permissions and the disk.")
