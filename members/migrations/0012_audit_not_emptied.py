"""The audit is not emptied either: TRUNCATE passes by the guard of single rows, so it has one of its own.

A test database is emptied between tests; it says so on its own connections (`loaf.may_truncate`, conftest.py).
"""

from django.db import migrations

FORWARDS = [
    """CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF coalesce(current_setting('loaf.may_truncate', true), '') <> 'on' THEN
           RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON members_auditentry
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()""",
]
BACKWARDS = ["DROP TRIGGER audit_not_emptied ON members_auditentry", "DROP FUNCTION refuse_truncate()"]


def on_postgres(statements):
    """SQLite knows no TRUNCATE."""

    def run(apps, schema_editor):
        for statement in statements if schema_editor.connection.vendor == "postgresql" else []:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("members", "0011_announcements")]
    operations = [migrations.RunPython(on_postgres(FORWARDS), on_postgres(BACKWARDS))]
