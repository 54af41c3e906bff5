"""A squashed copy of dj-stripe's migrations for development and tests (settings.MIGRATION_MODULES)."""
