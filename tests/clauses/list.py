"""Lists the clauses of the shipped packs and the tests that exercise them: python -m tests.clauses.list.

With --strict it ends with 1 when a clause has none.
"""

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def clauses() -> dict[str, str]:
    """Return every clause of every pack, with its title."""
    found = {}
    for path in sorted((ROOT / "policies" / "packs").glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for clause in document.get("clauses", []) if isinstance(document, dict) else []:
            found[clause["id"]] = clause["title"]
    return found


def marked() -> dict[str, list[str]]:
    """Return the tests that carry @pytest.mark.clause, by clause."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for clause in marks(function):
                    found[clause].append(f"{path.relative_to(ROOT)}::{function.name}")
    return found


def marks(function: ast.FunctionDef) -> Iterator[str]:
    """Return the clauses named in a test's decorators."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.clause":
            for argument in decorator.args:
                yield str(ast.literal_eval(argument))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.clauses.list", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail when a clause has no test")
    options = parser.parse_args()
    tests = marked()
    listed = clauses()
    untested = [clause for clause in listed if not tests[clause]]
    for clause, title in sorted(listed.items()):
        sys.stdout.write(f"{clause:10}  {len(tests[clause]):3d} tests  {title}\n")
    for clause in sorted(set(tests) - set(listed)):
        if tests[clause]:
            sys.stdout.write(f"{clause:10}  {len(tests[clause]):3d} tests  (in no shipped pack)\n")
    sys.stdout.write(f"\n{len(untested)} of {len(listed)} clauses have no test of their own.\n")
    return 1 if options.strict and untested else 0


if __name__ == "__main__":
    sys.exit(main())
