"""The server's way in. What the system checks find stops it here, as it stops every command."""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loaf.settings")
application = get_wsgi_application()
if wrong := [
    str(message) for message in run_checks() if message.level >= ERROR and not message.is_silenced()
]:
    raise ImproperlyConfigured("\n".join(wrong))
