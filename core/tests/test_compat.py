"""Others' insides we lean on: each module names the version it knows, and an upgrade is noticed here."""

import importlib
import pkgutil
from importlib.metadata import version
from pathlib import Path

import pytest

from core import compat

ROOT = Path(__file__).parents[2]
MODULES = [name for _, name, _ in pkgutil.iter_modules(compat.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_version_is_the_one_the_module_knows(name):
    checked = importlib.import_module(f"core.compat.{name}").CHECKED_WITH
    for package, known in checked.items():
        found = version(package)
        assert found == known or found.startswith(f"{known}."), (
            f"core/compat/{name}.py knows {package} {known}, and {found} is installed: read what "
            "changed in the parts it uses, then set CHECKED_WITH."
        )


def test_nothing_else_reaches_into_the_insides():
    rooms = ("core", "loaf", "notices", "members", "billing", "events", "donations", "imports")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if not {"tests", "migrations", "compat"} & set(path.parts)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("from ", "import "))
        and (".internal" in line or "django_tasks_db." in line)
    ]
    assert found == []
