"""Typed readers for settings that come from the environment: a wrong or missing value stops the start, by name."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}

TEN_THOUSAND = 10_000
"""Basis points of a whole."""


def load_dotenv(path: Path) -> None:
    """Read KEY=VALUE lines of a .env file; what the process environment already says wins."""
    if not path.is_file():
        return
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line and not line.startswith("#") and "=" in line:
            key, _, value = line.partition("=")
            os.environ.setdefault(key.strip(), value.strip().strip("\"'"))


def text(name: str, default: str | None = None) -> str:
    """Return the variable; with no default a missing or empty one raises ImproperlyConfigured."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} in the environment or in .env (see .env.example).")
    return default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def number(name: str, default: int) -> int:
    """Return a whole-number variable."""
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def rates(name: str) -> dict[str, int]:
    """Return "dues=8.25 event=6" as basis points by word: {"dues": 825, "event": 600}; nothing when it is not set."""
    found = {}
    for part in os.environ.get(name, "").split():
        word, _, percent = part.partition("=")
        try:
            found[word] = round(float(percent) * 100)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must look like dues=8.25, not {part!r}.") from None
        if not 0 < found[word] < TEN_THOUSAND:
            raise ImproperlyConfigured(f"{name}: {part!r} is no percentage.")
    return found


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
