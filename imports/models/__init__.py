"""The tables of the imports' room."""

from imports.models.job import ImportFile, ImportJob, ImportMapping
from imports.models.row import ImportKey, ImportRow

__all__ = ["ImportFile", "ImportJob", "ImportKey", "ImportMapping", "ImportRow"]
