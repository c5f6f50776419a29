from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_autonomy")]

    operations = [
        migrations.AlterField(
            model_name="agent",
            name="autonomy",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (0, "Proposes only"),
                    (1, "Asks before each act"),
                    (2, "Asks before risky acts"),
                    (3, "Asks before one act in ten"),
                    (4, "Acts as policies allow"),
                ],
                default=4,
            ),
        ),
        migrations.AddField(model_name="agent", name="autonomy_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="agent", name="autonomy_version", field=models.PositiveIntegerField(null=True)),
    ]
