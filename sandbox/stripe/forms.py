"""Stripe's request format: form fields with brackets become nested dicts and lists."""

import re
from typing import Any
from urllib.parse import parse_qsl


def parse(body: str) -> dict[str, Any]:
    """Turn "a[b]=1&c[0][d]=2" into {"a": {"b": "1"}, "c": [{"d": "2"}]}."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        keys = [part for part in re.split(r"[\[\]]+", name) if part] + (
            [""] if name.endswith("[]") else []
        )
        _put(root, keys, value)
    return _lists(root)


def _put(node: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        node = node.setdefault(key, {})
    last = keys[-1] or str(len(node))
    node[last] = value


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}
