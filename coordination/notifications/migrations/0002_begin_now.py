from django.db import migrations

# What was recorded before is not told: whoever had to know it knows.
BEGIN = """
INSERT INTO notifications_recordreader (id, read_below, system_id, read_at)
SELECT 1, (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint, system_identifier::text, now()
FROM pg_control_system()
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
