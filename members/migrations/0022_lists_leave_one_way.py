"""The pages of their own for single exports are gone; what was asked for there and never taken is closed."""

from django.db import migrations
from django.utils import timezone

BECAME = {
    "members_export": "list:users.export",
    "audit_export": "list:permissions.view_audit",
    "journal_export": "list:subscriptions.export",
    "payments_export": "list:subscriptions.export",
}


def forward(apps, schema_editor):
    approvals = apps.get_model("members", "Approval").objects.filter(act__in=BECAME)
    approvals.filter(decided_at=None).update(decided_at=timezone.now(), is_granted=False)
    rules = apps.get_model("members", "TwoPersonRule").objects
    for old, new in BECAME.items():
        approvals.filter(act=old).update(act=new)
        was = rules.filter(pk=old).first()
        if was:
            rules.filter(pk=old).delete()
            rules.get_or_create(pk=new, defaults={"is_on": was.is_on})


class Migration(migrations.Migration):
    dependencies = [("members", "0021_lists_as_papers")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
