"""Indexes that PostgreSQL alone has: trigrams for search as one types, prefixes for one or two letters."""

from django.db import migrations

CREATE = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX member_first_trgm ON members_member USING gin (UPPER(first_name) gin_trgm_ops)",
    "CREATE INDEX member_last_trgm ON members_member USING gin (UPPER(last_name) gin_trgm_ops)",
    "CREATE INDEX member_email_trgm ON members_member USING gin (UPPER(email) gin_trgm_ops)",
    "CREATE INDEX member_first_prefix ON members_member (UPPER(first_name) text_pattern_ops)",
    "CREATE INDEX member_last_prefix ON members_member (UPPER(last_name) text_pattern_ops)",
]
DROP = [f"DROP INDEX {statement.split()[2]}" for statement in reversed(CREATE[1:])]


def run(statements):
    """Make an operation that runs on PostgreSQL only."""

    def forwards(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return forwards


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(run(CREATE), run(DROP))]
