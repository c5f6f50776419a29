"""Let runs be found by when they ended: only triggers that follow runs ask for that."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("triggers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE INDEX run_ended ON runs_run (organization_id, workflow_name, finished_at)
            WHERE finished_at IS NOT NULL
            """,
            "DROP INDEX run_ended",
        )
    ]
