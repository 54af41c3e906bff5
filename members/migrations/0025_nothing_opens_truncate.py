"""No session opens the audit or the ledger to TRUNCATE: the database itself must be one of tests, by its name."""

from django.db import migrations

FUNCTION = """CREATE OR REPLACE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF {condition} THEN
           RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
         END IF;
         RETURN NULL;
       END $$"""
ASKED = "coalesce(current_setting('loaf.may_truncate', true), '') <> 'on'"
NAMED = r"current_database() !~ '^(test_|loaf_bench$)'"


def on_postgres(condition):
    """SQLite knows no TRUNCATE."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(FUNCTION.format(condition=condition), params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("members", "0024_logins_that_move")]
    operations = [migrations.RunPython(on_postgres(f"{NAMED} OR {ASKED}"), on_postgres(ASKED))]
