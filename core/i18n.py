"""Sentences that are made while the program starts, and looked up when they are shown.

`_` (Django's `gettext`) looks a sentence up now: inside functions. What stands in a module or a
class, as labels and choices do, is made once for all readers and takes `gettext_lazy`.
"""

from collections.abc import Callable
from typing import cast

from django.utils.text import format_lazy as _format_lazy
from django.utils.translation import gettext_lazy as _gettext_lazy

gettext_lazy = cast(Callable[[str], str], _gettext_lazy)
"""Django's own, typed as the text it becomes wherever it is shown: labels of dataclasses are plain
`str` then. What insists on a real `str` (`"".join`, parameters of SQL, JSON) takes `str(…)` of it.
"""

format_lazy = cast(Callable[..., str], _format_lazy)
"""A lazy sentence with lazy values in its places, typed like `gettext_lazy`."""
