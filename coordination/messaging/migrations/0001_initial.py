"""Create the tables of messages, who was given them, and how many went where."""

import coordination.shared.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("conversation", models.UUIDField()),
                ("in_reply_to", models.UUIDField(null=True)),
                ("sender", models.CharField(max_length=63)),
                ("step_key", models.CharField(blank=True, max_length=80)),
                ("address", models.CharField(max_length=80)),
                ("performative", models.CharField(max_length=20)),
                ("content", models.JSONField(null=True)),
                ("priority", models.PositiveSmallIntegerField(default=5)),
                ("key", models.CharField(blank=True, max_length=100)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
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
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.UUIDField()),
                ("agent", models.CharField(max_length=63)),
                ("step_key", models.CharField(blank=True, max_length=80)),
                ("given_at", models.DateTimeField()),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="receipts",
                        to="messaging.message",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Edge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run_id", models.UUIDField()),
                ("sender", models.CharField(max_length=63)),
                ("address", models.CharField(max_length=80)),
                ("n_messages", models.PositiveIntegerField(default=0)),
                ("minute", models.DateTimeField()),
                ("n_in_minute", models.PositiveIntegerField(default=0)),
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
                "constraints": [models.UniqueConstraint(fields=("run_id", "sender", "address"), name="edge_once")],
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["run_id", "address", "id"], name="messages_for"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["run_id", "id"], name="messages_in_order"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["organization", "id"], name="messages_of_all"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("run_id", "sender", "key"),
                name="message_key_once",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["run_id"], name="receipts_of_run"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("message", "agent", "step_key"), name="receipt_once"),
        ),
    ]
