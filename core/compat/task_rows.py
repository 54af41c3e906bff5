"""The task backend's worker and its row: its class is ours to extend, the row is written by SQL."""

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, get_date_max

CHECKED_WITH = {"django-tasks-db": "0.13.0"}

__all__ = ["CHECKED_WITH", "DBTaskResult", "Worker", "get_date_max"]
