"""A database with every migration run, made once a state of the migrations and copied for each
worker and each site of the stories: a copy takes half a second where migrating takes twenty.
"""

import datetime as dt
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "loaf", "notices", "members", "billing", "events", "donations")
FILES = ROOT / "var" / "tests"
"""Where the databases of the tests on SQLite stand."""
MIGRATED = [["migrate"], ["createcachetable"]]
ONE_AT_A_TIME = 6_150_001
"""Key of the lock under which the template is made; others wait and find it."""


def template(url: str) -> str:
    """The name of the migrated database on the server of `url`, made if it is not there."""
    return _kept(url, f"loaf_template_{_migrations()}", "template0", MIGRATED)


def file_template(folder: Path) -> Path:
    """The migrated SQLite database in a folder, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = folder / f"template_{_migrations()}.sqlite3"
    with (folder / "lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not whole.exists():
            for old in folder.glob("*.sqlite3*"):
                old.unlink()
            half = folder / "half.sqlite3"
            _run(f"sqlite:///{half}", MIGRATED)
            half.rename(whole)
    return whole


def demo(url: str) -> str:
    """The name of a database with the people of the demonstration, made anew when the day or any
    code is another.
    """
    files = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    name = f"loaf_demo_{_state(files, str(dt.date.today()))}"
    return _kept(url, name, template(url), [["demo", "--members", "40"]])


def file_copy(name: str) -> None:
    """Make the SQLite database `name` anew, as a copy of the template: the file and no leftovers of
    an earlier one beside it.
    """
    made = file_template(FILES)
    for old in FILES.glob(f"{name}-*"):
        old.unlink()
    shutil.copy(made, FILES / name)


def copy(url: str, name: str) -> None:
    """Make the database `url` names anew, as a copy of the template."""
    database = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(_other(url, "postgres"), autocommit=True) as server:
        made, source = sql.Identifier(database), sql.Identifier(name)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(made))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, source))


def _kept(url: str, name: str, source: str, commands: list[list[str]]) -> str:
    """Make the database `name` out of `source` by commands of ours, unless it is there already; one
    of another state is dropped.
    """
    kind = name.rpartition("_")[0]
    with psycopg.connect(_other(url, "postgres"), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        there = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        found = [row[0] for row in server.execute(there, [f"{kind}_"])]
        if name not in found:
            for old in found:
                server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
            _make(server, url, name, source, commands)
    return name


def _make(
    server: psycopg.Connection, url: str, name: str, source: str, commands: list[list[str]]
) -> None:
    """Make it beside the name, and give the name to what is whole."""
    half, whole = sql.Identifier(f"{name}_half"), sql.Identifier(name)
    made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(half, sql.Identifier(source))
    server.execute(made)
    _run(_other(url, f"{name}_half"), commands)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(half, whole))


def _run(url: str, commands: list[list[str]]) -> None:
    """Run commands of ours on a database."""
    env = {**os.environ, "DATABASE_URL": url, "TESTING": "1"}
    for words in commands:
        called = [sys.executable, "manage.py", *words, "-v", "0"]
        subprocess.run(called, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


def _migrations() -> str:
    return _state([*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.txt"])


def _state(files: list[Path], *more: str) -> str:
    """A short digest of what a database is made of."""
    digest = hashlib.sha256(" ".join([*settings.INSTALLED_APPS, *more]).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _other(url: str, database: str) -> str:
    """The same server, another database."""
    before, mark, options = url.partition("?")
    return f"{before.rpartition('/')[0]}/{database}{mark}{options}"


if __name__ == "__main__":
    address = os.environ.get("DATABASE_URL", "")
    template(address) if address else file_template(FILES)
