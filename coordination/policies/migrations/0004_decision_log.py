"""Let decisions say what was taken out, what was counted and what is tried out; count what rules limit."""

import django.db.models.deletion
from django.db import migrations, models

import coordination.shared.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("policies", "0003_lifecycle"),
    ]

    operations = [
        migrations.CreateModel(
            name="LimitBucket",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("policy", models.CharField(max_length=63)),
                ("rule", models.CharField(max_length=63)),
                ("key", models.CharField(blank=True, max_length=200)),
                ("trial", models.PositiveIntegerField(default=0)),
                ("slices", models.JSONField(default=dict)),
                ("empty_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization", "empty_at"], name="limit_buckets_to_forget")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "policy", "rule", "key", "trial"), name="limit_bucket_once"
                    )
                ],
            },
        ),
        migrations.AddField("policydecision", "redactions", models.JSONField(default=list)),
        migrations.AddField("policydecision", "warnings", models.JSONField(default=list)),
        migrations.AddField("policydecision", "limits", models.JSONField(default=list)),
        migrations.AddField("policydecision", "shadows", models.JSONField(default=list)),
        migrations.AddField("policydecision", "shadow_outcome", models.CharField(blank=True, max_length=20)),
        migrations.AddField("policydecision", "is_canary", models.BooleanField(default=False)),
        migrations.AddIndex(
            "policydecision",
            models.Index(
                fields=["organization", "agent", "id"], condition=models.Q(outcome="deny"), name="decisions_refused"
            ),
        ),
        migrations.AddIndex(
            "policydecision",
            models.Index(
                fields=["organization", "agent", "id"],
                condition=models.Q(hook__in=["action", "tool.call"], outcome="allow"),
                name="decisions_of_acting",
            ),
        ),
    ]
