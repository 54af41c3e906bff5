"""Others' insides that we lean on, each in one small module that names the version it knows.

`core/tests/test_compat.py` fails when an upgrade moves one: read what changed, mend the module,
set its `CHECKED_WITH`.
"""
