"""Typed readers for settings that come from the environment: a wrong or missing value stops the
start, by name.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}

LEAST_SECRET, LEAST_SIGNS = 32, 10
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
    """Return the variable, or what stands in the file that NAME_FILE names (a mounted secret).

    With no default a missing or empty one raises ImproperlyConfigured.
    """
    value = os.environ.get(name, "")
    if not value and (path := os.environ.get(f"{name}_FILE", "")):
        value = _from_file(name, path)
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} in the environment or in .env (see .env.example).")
    return default


def _from_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read.") from error


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


def number(name: str, default: int, *, least: int = 1, most: int = 10**9) -> int:
    """Return a whole-number variable between two bounds, both allowed."""
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        found = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not least <= found <= most:
        raise ImproperlyConfigured(f"{name} must be between {least} and {most}, not {found}.")
    return found


def secret(name: str, default: str | None = None) -> str:
    """Return a key that guards something: 32 characters or more, at least ten different ones."""
    value = text(name, default)
    if len(value) < LEAST_SECRET or len(set(value)) < LEAST_SIGNS:
        raise ImproperlyConfigured(
            f"{name} must have {LEAST_SECRET} or more characters, and at least {LEAST_SIGNS}"
            " different ones."
        )
    return value


def secrets(name: str, default: str | None = None, *, unlike: str) -> list[str]:
    """Return several such keys, comma-separated; none of them may be `unlike`, which guards
    something else.
    """
    found = words(name, default)
    for value in found:
        if len(value) < LEAST_SECRET or len(set(value)) < LEAST_SIGNS:
            raise ImproperlyConfigured(
                f"Each of {name} must have {LEAST_SECRET} or more characters, {LEAST_SIGNS}"
                " different ones."
            )
        if value == unlike:
            raise ImproperlyConfigured(
                f"{name} must be a key of its own, not the same as another one."
            )
    return found


def address(name: str, default: str | None = None, *, plain: bool = False) -> str:
    """Return the address of a site, without a slash at its end; https, unless `plain` http is
    allowed (a development machine).
    """
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if (
        parts.scheme not in (("http", "https") if plain else ("https",))
        or not parts.hostname
        or parts.query
        or parts.fragment
    ):
        raise ImproperlyConfigured(
            f"{name} must be an address like https://loaf.example, not {value!r}."
        )
    return value


def hosts(name: str, default: str) -> list[str]:
    """Return host names this site answers to; a star would let anybody's mails carry links to
    anywhere.
    """
    found = words(name, default)
    if wrong := [host for host in found if "*" in host or host == "."]:
        raise ImproperlyConfigured(f"{name} must name each host, not {wrong[0]!r}.")
    return found


def rates(name: str) -> dict[str, int]:
    """Return "dues=8.25 event=6" as basis points by word: {"dues": 825, "event": 600}; nothing when
    it is not set.
    """
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


def words(name: str, default: str | None = "") -> list[str]:
    """Return a comma-separated variable as a list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
