"""How airy the code is, in figures; run by `make lint`.

A function or file that is too long and a formatter switched off end with 1, the rest is told.
"""

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("core", "loaf", "notices", "members", "billing", "events", "donations", "imports")
APART = {"tests", "migrations"}
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
LONGEST_FUNCTION, LONGEST_FILE, LONG_LINE = 50, 500, 160
SWITCHED_OFF = "# fmt: " + "skip"


def tracked(pattern: str) -> list[Path]:
    """Files under version control, by a pattern of their names."""
    words = ["git", "ls-files", "--", pattern]
    names = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [ROOT / name for name in names if (ROOT / name).exists()]


def product() -> list[Path]:
    """The code that is shipped, without tests and migrations."""
    return [
        path
        for path in tracked("*.py")
        if path.relative_to(ROOT).parts[0] in PRODUCT and not APART & set(path.parts)
    ]


def tokens_a_line(paths: list[Path]) -> float:
    """Tokens by lines that hold any; docstrings and comments apart."""
    count, lines = 0, 0
    for path in paths:
        source = path.read_text(encoding="utf-8")
        words = {
            line
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        found = [
            token
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type not in SILENT and token.string and token.start[0] not in words
        ]
        count += len(found)
        lines += len({token.start[0] for token in found})
    return count / lines


def long_functions(paths: list[Path]) -> Iterator[str]:
    """Functions above the limit, by name."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > LONGEST_FUNCTION:
                    yield f"{path.relative_to(ROOT)}:{node.name} ({size})"


def long_files(paths: list[Path]) -> Iterator[str]:
    """Files above the limit, by name."""
    for path in paths:
        size = path.read_text(encoding="utf-8").count("\n")
        if size > LONGEST_FILE:
            yield f"{path.relative_to(ROOT)} ({size})"


def main() -> int:
    """Print the figures; 1 where a limit is passed or the formatter switched off."""
    paths, pages = product(), tracked("*.html")
    off = [path for path in tracked("*.py") if SWITCHED_OFF in path.read_text(encoding="utf-8")]
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    share = 100 * sum(len(line) > LONG_LINE for line in lines) / len(lines)
    wrong = [
        *(f"{name} is longer than {LONGEST_FUNCTION} lines" for name in long_functions(paths)),
        *(f"{name} is longer than {LONGEST_FILE} lines" for name in long_files(paths)),
        *(f"the formatter is switched off in {path.relative_to(ROOT)}" for path in off),
    ]
    print(f"lines: {tokens_a_line(paths):.1f} tokens a line of code")
    longest = max(map(len, lines))
    print(f"lines: {share:.1f} % of template lines over {LONG_LINE}, the longest {longest}")
    for sentence in wrong:
        print(f"lines: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
