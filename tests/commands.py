"""Starting a command of ours with other settings, in a process of its own."""

import os
import subprocess
import sys


def start(**env):
    """Print the routes of a site with these settings."""
    words = [sys.executable, "manage.py", "routes"]
    return subprocess.run(
        words, env={**os.environ, **env}, capture_output=True, text=True, check=True, timeout=60
    )
