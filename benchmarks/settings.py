"""The product's settings, with the rivals' addresses beside ours."""

import os

os.environ.setdefault("DEVELOPMENT", "1")
from loaf.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
LOGGING = {"version": 1, "disable_existing_loggers": True}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "benchmarks", *TEMPLATES[0]["DIRS"]]  # type: ignore[name-defined] # noqa: F405
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = False
# The site cuts what runs for 15 seconds; loading a million people may take minutes.
if "options" in DATABASES["default"].get("OPTIONS", {}):  # type: ignore[name-defined] # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=0"  # type: ignore[name-defined] # noqa: F405
