"""PostgreSQL refuses a posting whose two sides differ: each statement that writes entries must write whole postings."""

from django.db import migrations

CREATE = [
    """CREATE FUNCTION ledger_refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM fresh GROUP BY posting, currency HAVING SUM(CASE side WHEN 'D' THEN amount ELSE -amount END) <> 0) THEN
           RAISE EXCEPTION 'a posting of the ledger does not balance';
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER ledger_balanced AFTER INSERT ON billing_ledgerentry
       REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_unbalanced()""",
]
DROP = ["DROP TRIGGER ledger_balanced ON billing_ledgerentry", "DROP FUNCTION ledger_refuse_unbalanced()"]


def on_postgres(statements):
    """SQLite has no triggers that see a whole statement; `ledger.post` checks there."""

    def run(apps, schema_editor):
        for statement in statements if schema_editor.connection.vendor == "postgresql" else []:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_refunds_deposits_accounts")]
    operations = [migrations.RunPython(on_postgres(CREATE), on_postgres(DROP))]
