"""The layout shows the architecture: no circle of files, no arrow up, also where an import stands
inside a function.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = [
    {"core"},
    {"notices"},
    {"members"},
    {"billing"},
    {"events", "donations"},
    {"imports"},
    {"loaf"},
]
"""From the ground up; rooms of one floor do not know each other."""
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
ALLOWED_INSIDE = 12
"""Function-level imports of our own: only what an app loads when it is ready."""


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [
    path
    for room in HEIGHT
    for path in sorted((ROOT / room).rglob("*.py"))
    if not {"tests", "migrations"} & set(path.parts)
]
NAMES = {name_of(path) for path in FILES}


def imports_of(path):
    """Modules of ours a file imports, each with the line if it stands inside a function, else 0."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (
                    whole if whole in NAMES else node.module,
                    node.lineno if id(node) in inside else 0,
                )
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno if id(node) in inside else 0


EDGES = {
    name_of(path): {to for to, _ in imports_of(path) if to in NAMES} - {name_of(path)}
    for path in FILES
}


def circles():
    """Groups of files that reach each other (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for to in EDGES[name]:
            if to not in index:
                visit(to)
                low[name] = min(low[name], low[to])
            elif to in stack:
                low[name] = min(low[name], index[to])
        if low[name] == index[name]:
            group = [stack.pop()]
            while group[-1] != name:
                group.append(stack.pop())
            found.append(sorted(group))

    for name in sorted(EDGES):
        if name not in index:
            visit(name)
    return [group for group in found if len(group) > 1]


def room(name):
    return name.partition(".")[0]


def test_no_circle_of_files():
    assert circles() == []


def test_no_arrow_up_and_no_tangled_pair():
    wrong = [
        f"{name} imports {to}"
        for name, found in EDGES.items()
        for to in found
        if room(to) != room(name) and HEIGHT[room(to)] >= HEIGHT[room(name)]
    ]
    assert wrong == []


def test_imports_inside_functions_are_those_of_apps_that_get_ready():
    inside = {
        f"{name_of(path)}:{line}"
        for path in FILES
        for to, line in imports_of(path)
        if line and to in NAMES
    }
    assert [place for place in inside if not place.split(":")[0].endswith(".apps")] == []
    assert len(inside) <= ALLOWED_INSIDE


def registers_itself(path):
    """Whether a file, when it is imported, puts something into a register of ours."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = [
        node.value.func
        for node in tree.body
        if isinstance(node, ast.Expr | ast.Assign)
        if isinstance(node.value, ast.Call)
    ]
    return any(
        getattr(func, "id", getattr(func, "attr", "")).startswith("register") for func in called
    )


def test_whatever_registers_itself_is_there_when_the_site_is_ready():
    """Nobody else may happen to import it: a process that starts knows every act, letter, list."""
    code = "import django, sys; django.setup(); print(*sys.modules, sep='\\n')"
    env = {**os.environ, "DEVELOPMENT": "1", "DJANGO_SETTINGS_MODULE": "loaf.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    there = set(done.stdout.split())
    named = {name_of(path) for path in FILES if registers_itself(path)}
    assert len(named) > 10
    assert named - there == set()
