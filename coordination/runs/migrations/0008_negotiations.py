from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0007_heeded_verdicts")]

    operations = [
        migrations.AddIndex(
            model_name="step",
            index=models.Index(
                condition=models.Q(("kind", "negotiate")), fields=["organization_id", "-id"], name="step_negotiations"
            ),
        ),
    ]
