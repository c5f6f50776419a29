"""Leave room on the pages of rows that change with every step, so that a change touches no index."""

from django.db import migrations

_TABLES = ("runs_run", "runs_step", "runs_workitem")


class Migration(migrations.Migration):
    """Fill the pages of these tables to seven tenths."""

    dependencies = [("runs", "0003_late_costs")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET (fillfactor = 70)", f"ALTER TABLE {table} RESET (fillfactor)")
        for table in _TABLES
    ]
