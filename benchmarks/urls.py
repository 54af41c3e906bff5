"""Our addresses and the rivals'."""

from django.urls import path

from benchmarks import rivals
from loaf.urls import *  # noqa: F403
from loaf.urls import urlpatterns as ours

urlpatterns = [
    path("bench/plain/", rivals.plain_page),
    path("bench/sdk/", rivals.sdk_webhook),
    path("bench/admin/", rivals.stock.urls),
    *ours,
]
