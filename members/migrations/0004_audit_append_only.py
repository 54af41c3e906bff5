"""The audit refuses edits in the database itself: an entry may be sealed once, and its details erased; nothing else."""

from django.db import migrations

FIXED = ["id", "at", "actor_id", "on_behalf_of_id", "action", "target_type", "target_id", "network", "details_digest"]
SAME = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)
SAME_SQLITE = SAME.replace("IS DISTINCT FROM", "IS NOT")
RESEALED = "(OLD.position IS NOT NULL AND (NEW.position <> OLD.position OR NEW.position IS NULL OR NEW.hash <> OLD.hash))"
REWRITTEN = "(NEW.details{cast} <> OLD.details{cast} AND NEW.details{cast} <> '{{}}')"

POSTGRES = [
    f"""CREATE FUNCTION audit_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' OR {SAME} OR {RESEALED} OR {REWRITTEN.format(cast="::text")} THEN
            RAISE EXCEPTION 'the audit is append-only';
          END IF;
          RETURN NEW;
        END $$""",
    """CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON members_auditentry
       FOR EACH ROW EXECUTE FUNCTION audit_refuse_edit()""",
]
SQLITE = [
    f"""CREATE TRIGGER audit_no_update BEFORE UPDATE ON members_auditentry
        WHEN {SAME_SQLITE} OR {RESEALED} OR {REWRITTEN.format(cast="")}
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
]


def forwards(apps, schema_editor):
    """Add the guard of this database."""
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    """Take the guard away."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_append_only ON members_auditentry")
        schema_editor.execute("DROP FUNCTION audit_refuse_edit()")
    else:
        schema_editor.execute("DROP TRIGGER audit_no_update")


class Migration(migrations.Migration):
    dependencies = [("members", "0003_audit_and_approvals")]
    operations = [migrations.RunPython(forwards, backwards)]
