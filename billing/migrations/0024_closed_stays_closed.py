"""A closed month stays closed, also from a console: nothing is posted into it, and no closing is changed or taken back.

An entry that was there before the closing is let in again when a whole organisation is restored: it keeps its number.
SQLite has no guard against deleting a closing: it serves development, and tests empty its tables.
"""

from django.db import migrations

POSTGRES = [
    """CREATE FUNCTION ledger_refuse_closed() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM fresh f JOIN billing_closedmonth c
                    ON c.ends_at > f.booked_at AND c.last_entry < f.id) THEN
           RAISE EXCEPTION 'that month of the books is closed';
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE TRIGGER ledger_month_open AFTER INSERT ON billing_ledgerentry
       REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_closed()""",
    """CREATE FUNCTION closing_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a closed month of the books stays closed'; END $$""",
    """CREATE TRIGGER closing_append_only BEFORE UPDATE OR DELETE ON billing_closedmonth
       FOR EACH ROW EXECUTE FUNCTION closing_refuse_edit()""",
    """CREATE TRIGGER closing_not_emptied BEFORE TRUNCATE ON billing_closedmonth
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate()""",
]
SQLITE = [
    # SQLite makes a table anew when its columns change, and drops the triggers of the old one (0003).
    "DROP TRIGGER IF EXISTS ledger_no_update",
    """CREATE TRIGGER ledger_no_update BEFORE UPDATE ON billing_ledgerentry
       BEGIN SELECT RAISE(ABORT, 'ledger entries are append-only; post a reversal'); END""",
    """CREATE TRIGGER ledger_month_open AFTER INSERT ON billing_ledgerentry
       WHEN EXISTS (SELECT 1 FROM billing_closedmonth c
                    WHERE c.ends_at > NEW.booked_at AND c.last_entry < NEW.id)
       BEGIN SELECT RAISE(ABORT, 'that month of the books is closed'); END""",
    """CREATE TRIGGER closing_no_update BEFORE UPDATE ON billing_closedmonth
       BEGIN SELECT RAISE(ABORT, 'a closed month of the books stays closed'); END""",
]
UNDO_POSTGRES = [
    "DROP TRIGGER closing_not_emptied ON billing_closedmonth",
    "DROP TRIGGER closing_append_only ON billing_closedmonth",
    "DROP FUNCTION closing_refuse_edit()",
    "DROP TRIGGER ledger_month_open ON billing_ledgerentry",
    "DROP FUNCTION ledger_refuse_closed()",
]
UNDO_SQLITE = ["DROP TRIGGER closing_no_update", "DROP TRIGGER ledger_month_open"]


def run(postgres, sqlite):
    """The statements of the database at hand."""

    def act(apps, schema_editor):
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, params=None)

    return act


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0023_funds_and_closed_months"),
        ("members", "0012_audit_not_emptied"),
    ]
    operations = [migrations.RunPython(run(POSTGRES, SQLITE), run(UNDO_POSTGRES, UNDO_SQLITE))]
