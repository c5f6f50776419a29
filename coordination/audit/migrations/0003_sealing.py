"""Records are sealed in trees; what people search by is indexed then, and no longer by every step."""

import coordination.audit.models.event
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


TAKE_OFF = "DROP TRIGGER audit_stream_only_forward ON audit_auditstream;"

PUT_ON = """
CREATE TRIGGER audit_stream_only_forward BEFORE UPDATE ON audit_auditstream
    FOR EACH ROW WHEN (
        NEW.length < OLD.length
        OR NEW.id <> OLD.id
        OR NEW.organization_id <> OLD.organization_id
        OR NEW.name <> OLD.name
    )
    EXECUTE FUNCTION audit_refuse();
"""

SEALED = ("audit_auditkey", "audit_auditcheckpoint", "audit_auditbatch", "audit_auditnode")
REFUSE = "".join(
    f"""
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
    for table in SEALED
)
ALLOW = "".join(
    f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in SEALED
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.RunSQL(TAKE_OFF, PUT_ON),
        migrations.CreateModel(
            name="AuditBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_seq", models.PositiveBigIntegerField()),
                ("events", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("leaves", models.BinaryField()),
                ("terms", django.contrib.postgres.search.SearchVectorField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField()),
                ("size", models.PositiveBigIntegerField()),
                ("root", models.BinaryField(max_length=32)),
                ("peaks", models.BinaryField()),
                ("note", models.TextField()),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_key", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.PositiveBigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="AuditSealer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed_below", models.BigIntegerField(default=0)),
                ("system_id", models.CharField(blank=True, max_length=20)),
                ("recheck_below", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_event_newest",
        ),
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_event_kind",
        ),
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_event_actor",
        ),
        migrations.RemoveIndex(
            model_name="auditevent",
            name="audit_event_object",
        ),
        migrations.RemoveIndex(
            model_name="auditstream",
            name="audit_stream_opened",
        ),
        migrations.RemoveField(
            model_name="auditevent",
            name="hash",
        ),
        migrations.RemoveField(
            model_name="auditevent",
            name="prev_hash",
        ),
        migrations.RemoveField(
            model_name="auditstream",
            name="first_hash",
        ),
        migrations.AddField(
            model_name="auditevent",
            name="written_in",
            field=models.BigIntegerField(
                db_default=coordination.audit.models.event.CurrentTransaction(), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["written_in"], name="audit_event_written"),
        ),
        migrations.AddField(
            model_name="auditbatch",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="auditcheckpoint",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="auditbatch",
            name="checkpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="audit.auditcheckpoint"
            ),
        ),
        migrations.AddField(
            model_name="auditcheckpoint",
            name="key",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.auditkey"
            ),
        ),
        migrations.AddField(
            model_name="auditnode",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddIndex(
            model_name="auditbatch",
            index=models.Index(fields=["organization", "last_at"], name="audit_batch_time"),
        ),
        migrations.AddIndex(
            model_name="auditbatch",
            index=django.contrib.postgres.indexes.GinIndex(fields=["terms"], name="audit_batch_terms"),
        ),
        migrations.AddConstraint(
            model_name="auditbatch",
            constraint=models.UniqueConstraint(fields=("organization", "first_seq"), name="audit_batch_once"),
        ),
        migrations.AddIndex(
            model_name="auditcheckpoint",
            index=models.Index(fields=["organization", "size", "number"], name="audit_checkpoint_size"),
        ),
        migrations.AddConstraint(
            model_name="auditcheckpoint",
            constraint=models.UniqueConstraint(fields=("organization", "number"), name="audit_checkpoint_once"),
        ),
        migrations.AddConstraint(
            model_name="auditnode",
            constraint=models.UniqueConstraint(fields=("organization", "level", "index"), name="audit_node_once"),
        ),
        migrations.RunSQL(PUT_ON, TAKE_OFF),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
