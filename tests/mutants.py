"""Would the tests notice? Small mistakes are made in the code, one at a time: ``python -m tests.mutants [MODULES]``.

Each module has the unit tests that answer for it. A mistake that none of them notices has survived; it is printed with
its line, and tests/mutants_survivors.md says of those that are known why. ``--sample`` takes some of each module, drawn
by ``--seed``. What was killed is remembered in ``--work`` for as long as the module stays as it is: a run can be
stopped and taken up again, and a second run tries the survivors alone. A mistake lives in memory: no file of the
program is touched, and what a test starts in a process of its own is without it.
"""

import argparse
import ast
import hashlib
import importlib.abc
import importlib.util
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = {
    "engine/live/stream.py": ["tests/unit/engine/live/test_stream.py", "tests/unit/engine/live/test_many_streams.py"],
    "engine/live/pipeline.py": ["tests/unit/engine/live/test_monitor_loop.py", "tests/unit/engine/live/test_stream.py"],
    "engine/live/spike_detector.py": ["tests/unit/engine/live/test_spike_detector.py"],
    "engine/audio/watchdog.py": ["tests/unit/engine/audio/test_watchdog.py"],
    "engine/model/calibration.py": ["tests/unit/engine/model/test_calibration.py"],
    "engine/session/writer.py": ["tests/unit/engine/session"],
    "engine/session/unwritten_rows.py": ["tests/unit/engine/session"],
    "train/data/labels.py": ["tests/unit/train/data/test_labels.py", "tests/unit/train/data/test_matches.py"],
    "train/data/soft_targets.py": ["tests/unit/train/data/test_soft_targets.py"],
    "train/fit/network/losses.py": ["tests/unit/train/fit/network/test_losses.py"],
    "train/fit/sampling/segments.py": ["tests/unit/train/fit/sampling"],
    "train/fit/sampling/crops.py": ["tests/unit/train/fit/sampling"],
    "train/fit/sampling/moments.py": ["tests/unit/train/fit/sampling"],
    "train/metrics/alarms.py": ["tests/unit/train/metrics/test_alarms.py"],
    "train/metrics/average_map.py": ["tests/unit/train/metrics/test_average_map.py"],
    "train/metrics/bootstrap.py": ["tests/unit/train/metrics/test_bootstrap.py"],
    "train/metrics/danger_events.py": ["tests/unit/train/metrics/test_danger_events.py"],
    "train/metrics/probability.py": ["tests/unit/train/metrics/test_probability.py"],
    "train/metrics/ranking.py": ["tests/unit/train/metrics/test_ranking.py"],
    "train/metrics/threshold_sweep.py": ["tests/unit/train/metrics/test_alarms.py"],
}
# What takes long to import and does not come from here; each test run starts with them there.
PRELOADED = [
    "_hypothesis_pytestplugin",
    "mlx.core",
    "mlx.nn",
    "pytest_asyncio.plugin",
    "pytest_timeout",
    "soundfile",
    "typer",
    "rich.console",
    "asyncio",
    "hypothesis",
    "numpy",
    "pydantic_settings",
    "pytest",
    "scipy.signal",
    "sklearn.metrics",
    "soxr",
]

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
EITHER_WAY_ROUND = {"max", "min", "maximum", "minimum"}
NOT_LOOKED_INTO = {"annotation", "returns", "decorator_list", "bases", "type_params"}

Replace = Callable[[ast.AST], None]


@dataclass(frozen=True)
class Mutant:
    """One mistake: where, which, and how to make it in the tree that it was found in."""

    line: int
    column: int
    label: str
    make: Callable[[], None]

    @property
    def name(self) -> str:
        return f"{self.line}:{self.column}: {self.label}"


def places(node: ast.AST, replace: Replace) -> Iterator[tuple[ast.AST, Replace]]:
    """Every node below and with ``node`` that runs, with what puts another in its place."""
    if isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
        return
    yield node, replace
    for name, value in ast.iter_fields(node):
        if name in NOT_LOOKED_INTO:
            continue
        if isinstance(value, ast.AST):
            yield from places(value, lambda new, name=name: setattr(node, name, new))  # type: ignore[misc]
        elif isinstance(value, list):
            for at, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from places(item, lambda new, value=value, at=at: value.__setitem__(at, new))  # type: ignore[misc]


def mutants(tree: ast.AST) -> list[Mutant]:
    """All mistakes that can be made in a module, in the order of its lines."""
    found = []
    for node, replace in places(tree, lambda new: None):
        before = ast.unparse(node) if isinstance(node, ast.expr | ast.stmt) else ""
        for after in alternatives(node):
            what = ast.unparse(after).splitlines()[0]
            shown = f"{before.splitlines()[0]}  ->  {what}"
            found.append(Mutant(node.lineno, node.col_offset, shown, lambda new=after, put=replace: put(new)))  # type: ignore[misc, attr-defined]
    return sorted(found, key=lambda mutant: mutant.line)


def alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """What could wrongly stand in the place of ``node``."""
    for new in _wrong(node):
        yield ast.fix_missing_locations(ast.copy_location(new, node))


def _wrong(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, [first, *more], values) if type(first) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(first)](), *more], values)
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            yield ast.BinOp(left, OPERATORS[type(op)](), right)
            match left, right:
                case ast.BinOp(a, ast.Mult(), x), ast.BinOp(b, ast.Mult(), y):  # a mixture
                    yield ast.BinOp(ast.BinOp(a, ast.Mult(), y), op, ast.BinOp(b, ast.Mult(), x))
        case ast.AugAssign(target, op, value) if type(op) in OPERATORS:
            yield ast.AugAssign(target, OPERATORS[type(op)](), value)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.USub() | ast.Not() | ast.Invert(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(float() as value):
            yield ast.Constant(value * 2 if value else 1.0)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Call(func, [first, second, *more], keywords) if _order_matters(func, first, second):
            yield ast.Call(func, [second, first, *more], keywords)
        case ast.Return(ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call()) | ast.Expr(ast.Await()):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()


def _order_matters(function: ast.expr, first: ast.expr, second: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name not in EITHER_WAY_ROUND and ast.dump(first) != ast.dump(second)


class _Mistaken(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module with a mistake, all others as they are."""

    def __init__(self, path: str, number: int) -> None:
        self.path, self.number = path, number
        self.name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, fullname, path, target=None):  # type: ignore[no-untyped-def]
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None
        )

    def exec_module(self, module) -> None:  # type: ignore[no-untyped-def]
        tree = ast.parse(Path(self.path).read_text(encoding="utf-8"))
        mutants(tree)[self.number].make()
        exec(compile(tree, self.path, "exec"), module.__dict__)

    def get_filename(self, name: str) -> str:
        return self.path

    def is_package(self, name: str) -> bool:
        return self.path.endswith("__init__.py")


def _run_tests(path: str, number: int | None, tests: list[str]) -> None:
    """In a process of its own: the tests, up to the first that notices; the exit code is pytest's."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the others take longer to load than most tests to run
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    if number is not None:
        sys.meta_path.insert(0, _Mistaken(path, number))
    import pytest

    plugins = ["-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout"]
    os._exit(pytest.main(["-x", "-q", *plugins, *tests]))


def verdict(context: ForkServerContext, path: str, number: int | None, tests: list[str], limit_s: float) -> str:
    """What the tests said: passed, failed, or that they took longer than ``limit_s``, which notices a mistake, too."""
    process = context.Process(target=_run_tests, args=(path, number, tests))
    process.start()
    process.join(limit_s)
    if process.is_alive():
        process.kill()
        process.join()
        return "too long"
    return "passed" if process.exitcode == 0 else "failed"


def try_module(path: str, arguments: argparse.Namespace, context: ForkServerContext) -> tuple[int, list[str]]:
    """How many mistakes were made in a module, and those that no test noticed."""
    source = (ROOT / path).read_text(encoding="utf-8")
    tests = TESTS[path]
    every = mutants(ast.parse(source))
    count = min(arguments.sample or len(every), len(every))
    drawn = sorted(random.Random(f"{arguments.seed}:{path}").sample(range(len(every)), count))
    kept = arguments.work / f"{path.replace('/', '.')}.{hashlib.sha256(source.encode()).hexdigest()[:16]}.jsonl"
    killed = set(map(json.loads, kept.read_text(encoding="utf-8").splitlines())) if kept.exists() else set()
    started = time.monotonic()
    if (
        any(every[number].name not in killed for number in drawn)
        and verdict(context, path, None, tests, 600.0) != "passed"
    ):
        raise SystemExit(f"{path}: its tests fail without any mistake: {' '.join(tests)}")
    limit_s = 20.0 + 5.0 * (time.monotonic() - started)
    survivors = []
    for number in drawn:
        if every[number].name in killed:
            continue
        if verdict(context, path, number, tests, limit_s) == "passed":
            survivors.append(f"{path}:{every[number].name}")
            print(f"  survived {survivors[-1]}", flush=True)
        else:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(every[number].name) + "\n")
    print(f"{path}: {count - len(survivors)} of {count} killed (of {len(every)} possible)", flush=True)
    return count, survivors


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument(
        "modules", nargs="*", default=list(TESTS), help="files of the program; all that have tests here"
    )
    parser.add_argument("--sample", type=int, default=25, metavar="N", help="mistakes per module; 0 makes all (25)")
    parser.add_argument("--seed", type=int, default=1, help="decides which (1)")
    parser.add_argument("--work", type=Path, default=ROOT / ".mutants", help="where it remembers what was killed")
    parser.add_argument("--at-least", type=float, default=0.9, metavar="SHARE", help="else the exit code is 1 (0.9)")
    arguments = parser.parse_args()
    if unknown := [path for path in arguments.modules if path not in TESTS]:
        parser.error(f"no tests are named for {', '.join(unknown)}")
    arguments.work.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    made, survived = 0, 0
    for path in arguments.modules:
        count, survivors = try_module(path, arguments, context)
        made, survived = made + count, survived + len(survivors)
    share = (made - survived) / max(made, 1)
    print(f"{made - survived} of {made} killed: {share:.1%}")
    return 0 if share >= arguments.at_least else 1


if __name__ == "__main__":
    raise SystemExit(main())
