"""The ledger is not emptied by TRUNCATE either; the guard is the audit's."""

from django.db import migrations

CREATE = """CREATE TRIGGER ledger_not_emptied BEFORE TRUNCATE ON billing_ledgerentry
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()"""
DROP = "DROP TRIGGER ledger_not_emptied ON billing_ledgerentry"


def on_postgres(statement):
    """SQLite knows no TRUNCATE."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_plain_names"), ("members", "0012_audit_not_emptied")]
    operations = [migrations.RunPython(on_postgres(CREATE), on_postgres(DROP))]
