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
    for old, new in BECAME.items():
        approvals.filter(act=old).update(act=new)
    # A switch for one page does not open the lists it had nothing to do with: theirs stay as they are, by default two people.
    apps.get_model("members", "TwoPersonRule").objects.filter(act__in=BECAME).delete()


class Migration(migrations.Migration):
    dependencies = [("members", "0021_lists_as_papers")]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
