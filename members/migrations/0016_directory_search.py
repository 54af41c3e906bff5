"""Trigrams for the directory's search as one types (PostgreSQL)."""

from django.db import migrations

CREATE = "CREATE INDEX listing_search_trgm ON members_listing USING gin (UPPER(search) gin_trgm_ops)"
DROP = "DROP INDEX listing_search_trgm"


def on_postgres(statement):
    """SQLite has no trigrams; its directory is small."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("members", "0015_lists_offices_papers")]
    operations = [migrations.RunPython(on_postgres(CREATE), on_postgres(DROP))]
