from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0004_room_for_updates")]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)), fields=["finished_at", "id"], name="run_ended_at"
            ),
        ),
    ]
