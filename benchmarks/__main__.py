"""`python -m benchmarks [S1 S2 S3 S4 S5 S6 S7 S8 S9 S1L]`: run the rows, print the table, write it
into benchmarks/README.md.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROWS = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9"]
LONG = ["S1L"]
"""Rows that take many minutes; they run when they are named."""


def postgres(*words: str) -> str:
    """Start, stop or name a cluster of our own with fsync on; benchmarks without it would flatter
    everybody.
    """
    env = {
        **os.environ,
        "LOAF_PG_DIR": f"/tmp/loaf-bench-{os.getuid()}",
        "PG_FSYNC": "on",
        "PG_BUFFERS": "1GB",
    }
    # What the server prints must not hold our pipe open.
    out = subprocess.PIPE if words[0] == "url" else None
    return (
        subprocess.run(
            ["sh", "tools/postgres.sh", *words], check=True, env=env, stdout=out, text=True
        ).stdout
        or ""
    )


def main() -> None:
    """Run each row in a process of its own, so that none inherits another's memory or caches."""
    wanted = [name for name in sys.argv[1:] if name in ROWS + LONG] or ROWS
    url = os.environ.get("DATABASE_URL", "")
    own = not url
    if own:
        postgres("start")
        url = postgres("url", "loaf_bench").strip()
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
    lines = []
    for name in wanted:
        print(f"-- {name}", flush=True)
        where = (
            env
            if name != "S2"
            else {
                **env,
                "DATABASE_URL": f"sqlite:///{tempfile.mkdtemp(prefix='loaf-s2-')}/ours.sqlite3",
            }
        )
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name.lower()}"],
            check=False,
            env=where,
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{name} stopped.")
        print(done.stdout, flush=True)
        lines += [line for line in done.stdout.splitlines() if line.startswith("|")]
    if own:
        postgres("stop")
    if wanted == ROWS:
        write_table(lines)


def write_table(lines: list[str]) -> None:
    """Put the last whole run between the marks of the README."""
    path = HERE / "README.md"
    head, _, rest = path.read_text().partition("<!-- table -->")
    _, _, tail = rest.partition("<!-- /table -->")
    import datetime as dt

    about = f"Run of {dt.date.today():%Y-%m-%d}: {os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL with fsync on."
    table = "\n".join(
        [
            "| row | what | median | spread | ratio to ours (ours / it) | must |",
            "|---|---|---|---|---|---|",
            *lines,
        ]
    )
    path.write_text(f"{head}<!-- table -->\n{about}\n\n{table}\n<!-- /table -->{tail}")


def spread(values: list[float]) -> str:
    """Smallest to largest, as a share of the median."""
    middle = statistics.median(values)
    return f"{min(values) / middle:.2f} to {max(values) / middle:.2f}"


if __name__ == "__main__":
    main()
