"""Hold the locks against their sources: every requirement of a .in file stands in its .txt, pinned,
with hashes, in a version that fits.
"""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def asked_for(source: str) -> list[Requirement]:
    """The requirements a .in file names."""
    lines = (line.partition("#")[0].strip() for line in (ROOT / source).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def pinned(lock: str) -> dict[str, tuple[str, bool]]:
    """Version, and whether hashes stand beside it, by package."""
    found = PIN.findall((ROOT / lock).read_text())
    return {canonicalize_name(name): (version, "--hash=" in rest) for name, version, rest in found}


def problems(kind: str, runtime: dict[str, tuple[str, bool]]) -> list[str]:
    """What a lock lacks, in sentences; what both locks hold must be the same version."""
    held, found = pinned(f"{kind}.txt"), []
    for wanted in asked_for(f"{kind}.in"):
        version, has_hash = held.get(canonicalize_name(wanted.name)) or runtime.get(
            canonicalize_name(wanted.name), ("", False)
        )
        if not has_hash or not wanted.specifier.contains(version, prereleases=True):
            found.append(f"{kind}.in asks for {wanted}, {kind}.txt holds {version or 'nothing'}")
    found += [
        f"{kind}.txt and requirements.txt differ in {name}"
        for name in held.keys() & runtime.keys()
        if held[name][0] != runtime[name][0]
    ]
    return found


def main() -> None:
    """Print what is wrong and end with 1, or say nothing."""
    runtime = pinned("requirements.txt")
    if wrong := [*problems("requirements", runtime), *problems("requirements-dev", runtime)]:
        sys.exit("\n".join([*wrong, "Run `make lock`."]))


if __name__ == "__main__":
    main()
