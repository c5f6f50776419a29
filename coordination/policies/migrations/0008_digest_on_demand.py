from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0007_imposedrule")]

    operations = [migrations.RemoveField("policydecision", "input_digest")]
