"""Let each signing key say which one comes after it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the note by which the key before hands over."""

    dependencies = [("audit", "0005_forgetting")]

    operations = [
        migrations.AddField(
            model_name="auditkey",
            name="handover",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        )
    ]
