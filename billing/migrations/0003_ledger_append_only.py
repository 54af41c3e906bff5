"""The ledger refuses edits in the database itself, also from a console. TRUNCATE needs the table's owner and stays out of the app."""

from django.db import migrations

POSTGRES = [
    """CREATE FUNCTION ledger_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'ledger entries are append-only; post a reversal'; END $$""",
    """CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
       FOR EACH ROW EXECUTE FUNCTION ledger_refuse_edit()""",
]
SQLITE = [
    """CREATE TRIGGER ledger_no_update BEFORE UPDATE ON billing_ledgerentry
       BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only; post a reversal'); END""",
]


def forwards(apps, schema_editor):
    """Add the guard of this database."""
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    """Take the guard away."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER ledger_append_only ON billing_ledgerentry")
        schema_editor.execute("DROP FUNCTION ledger_refuse_edit()")
    else:
        schema_editor.execute("DROP TRIGGER ledger_no_update")


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
