"""Started by tools/runtime.sh with the runtime packages alone: every import is there, and server,
worker and clock run together.
"""

import ast
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ["core", "loaf", "notices", "members", "billing", "events", "donations", "imports"]
PATIENCE = 60


def needed() -> dict[str, str]:
    """Each package that product code imports, also inside functions, and a file that does."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "tests" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                    names = [node.module]
                found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return found


def refuse_missing() -> None:
    """End with a sentence for each import nothing provides. Django 6's own task module has a
    backport on Django 5.
    """
    missing = [
        f"{path} imports {name}"
        for name, path in needed().items()
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        sys.exit("\n".join([*missing, "requirements.txt does not bring it."]))


def settings(folder: str) -> dict[str, str]:
    """A complete production environment on an SQLite file; nothing of the caller's own but where
    programs are.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "VAR_DIR": folder,
        "PRIVATE_ROOT": f"{folder}/private",
        "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3",
        "DEVELOPMENT": "no",
        "DEBUG": "no",
        "SECRET_KEY": "runtime-only-0123456789-abcdefghij-KLMNOPQRST-uvwxyz-50",
        "FIELD_KEYS": "fields-only-9876543210-zyxwvutsrq-PONMLKJIHG-fedcba-50",
        "ALLOWED_HOSTS": "loaf.example",
        "SITE_URL": "https://loaf.example",
        "EMAIL_HOST": "smtp.example",
        "TRUSTED_PROXY_COUNT": "1",
        "STRIPE_TEST_SECRET_KEY": "sk_test_" + "0" * 24,
        "TASK_LEASE_SECONDS": "8",
        "LOG_LEVEL": "WARNING",
    }


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of a page, as the proxy in front would ask; 0 while nobody answers."""
    headers = {"Host": "loaf.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=10
        ) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def prepare(env: dict[str, str]) -> None:
    """Tables, styles and the checks of a real site."""
    # dj-stripe's own chain takes a minute; the one-file copy that development uses records
    # itself as the same.
    quick = {"DEVELOPMENT": "yes", "TESTING": "yes"}
    for words, more in (
        (["migrate", "-v", "0"], quick),
        (["createcachetable", "-v", "0"], {}),
        (["collectstatic", "--noinput", "-v", "0"], {}),
        (["check", "--deploy", "--fail-level", "WARNING"], {}),
    ):
        subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=env | more,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def main() -> None:
    """Check, migrate, start the three processes, wait until the site says that it is ready, stop
    them again.
    """
    refuse_missing()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        env = settings(folder) | {"STATIC_ROOT": f"{folder}/static"}
        prepare(env)
        gunicorn = [
            str(Path(sys.executable).parent / "gunicorn"),
            "loaf.wsgi",
            "-b",
            f"127.0.0.1:{port}",
            "--no-control-socket",
        ]
        commands = [
            gunicorn,
            [sys.executable, "manage.py", "worker"],
            [sys.executable, "manage.py", "clock"],
        ]
        parts = [subprocess.Popen(words, cwd=ROOT, env=env) for words in commands]
        try:
            wait(port, parts)
            status, page = ask(port, "/")
            if status != 200 or "</html>" not in page:
                sys.exit(f"The first page answers {status}.")
        finally:
            for part in parts:
                part.send_signal(signal.SIGTERM)
            codes = [part.wait(timeout=40) for part in parts]
        if any(codes):
            sys.exit(f"Stopped with {codes} (server, worker, clock).")
    print("runtime: server, worker and clock run with requirements.txt alone")


def wait(port: int, parts: list[subprocess.Popen[bytes]]) -> None:
    """Wait until database, cache and worker are there; a part that ends meanwhile is a failure."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if any(part.poll() is not None for part in parts):
            sys.exit(f"A part ended: {[part.poll() for part in parts]} (server, worker, clock).")
        status, body = ask(port, "/health/ready/")
        if status == 200 and set(json.loads(body).values()) == {"ok"}:
            return
        time.sleep(0.2)
    sys.exit("The site is not ready after a minute.")


if __name__ == "__main__":
    main()
