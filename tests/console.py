"""A warm `manage.py` for the stories: Django is loaded once, each command runs in a child of its own.

Reads a command a line, as a JSON list of words; answers a line, as a JSON list of the exit code,
what it said, and what it said of faults.
"""

import json
import os
import sys
import tempfile
import traceback
from typing import NoReturn

import django
from django.core.management import execute_from_command_line
from django.urls import get_resolver


def answer(words: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as faults:
        child = os.fork()
        if child == 0:
            with open(os.devnull) as nothing:
                os.dup2(nothing.fileno(), 0)
            os.dup2(said.fileno(), 1)
            os.dup2(faults.fileno(), 2)
            run(words)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        faults.seek(0)
        return os.waitstatus_to_exitcode(status), said.read(), faults.read()


def run(words: list[str]) -> NoReturn:
    code = 1
    try:
        execute_from_command_line(["manage.py", *words])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    django.setup()
    assert get_resolver().url_patterns, "the addresses are loaded before the first child"
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
