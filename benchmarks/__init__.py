"""Ours beside the limit and the rivals, in turn, in one run; only the ratios count.
`make bench`.
"""

import os
import sys

if (
    os.environ.get("DJANGO_SETTINGS_MODULE") == "benchmarks.settings"
    and "benchmarks.settings" not in sys.modules
):
    # A row's own process: the models must be ready before the row imports them.
    import django

    django.setup()
