"""Jobs that were open while the stage got its new shape cannot go on: their lines are let go of, the files are kept."""

from django.db import migrations


def begin_again(apps, schema_editor):
    jobs = apps.get_model("imports", "ImportJob").objects.filter(status__in=["uploaded", "previewed", "running"])
    apps.get_model("imports", "ImportRow").objects.filter(job__in=jobs).delete()
    jobs.update(status="failed", counts={}, error="The site was updated while this import was open. Please upload the files again.")


class Migration(migrations.Migration):
    dependencies = [("imports", "0004_facts")]
    operations = [migrations.RunPython(begin_again, migrations.RunPython.noop)]
