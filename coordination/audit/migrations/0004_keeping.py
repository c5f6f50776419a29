"""How long records are kept, where checkpoints are kept besides here, and whom records tell about."""

import coordination.shared.ids
import django.db.models.deletion
from django.db import migrations, models

ONLY_FORWARD = """
DROP TRIGGER audit_stream_only_forward ON audit_auditstream;
CREATE TRIGGER audit_stream_only_forward BEFORE UPDATE ON audit_auditstream
    FOR EACH ROW WHEN (
        NEW.length < OLD.length
        OR NEW.id <> OLD.id
        OR NEW.organization_id <> OLD.organization_id
        OR NEW.name <> OLD.name{more}
    )
    EXECUTE FUNCTION audit_refuse();
"""
MARK_STAYS = ONLY_FORWARD.format(more="\n        OR (OLD.is_personal AND NOT NEW.is_personal)")
MARK_GOES = ONLY_FORWARD.format(more="")

GROWING = ("audit_auditanchored", "audit_auditcheck")
REFUSE = "".join(
    f"""
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
    for table in GROWING
)
ALLOW = "".join(
    f"DROP TRIGGER {table}_no_change ON {table}; DROP TRIGGER {table}_no_truncate ON {table};" for table in GROWING
)

# The only way to remove a record. It runs with the rights of the tables' owner, which serving processes do not have,
# and the trigger lets pass only what the function asks for and what is older than the floor.
DROP = """
CREATE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('coordination.dropping', true) = 'on' AND OLD.occurred_at < now() - interval '183 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit log is append-only: DELETE of % is refused.', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
DROP TRIGGER audit_event_no_change ON audit_auditevent;
CREATE TRIGGER audit_event_no_change BEFORE UPDATE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_delete();

CREATE FUNCTION audit_drop(of_organization uuid, wanted uuid[]) RETURNS SETOF uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('coordination.dropping', 'on', true);
    RETURN QUERY DELETE FROM audit_auditevent AS event
        WHERE event.organization_id = of_organization AND event.id = ANY (wanted)
            AND event.occurred_at < now() - interval '183 days'
            AND EXISTS (
                SELECT FROM audit_auditbatch AS batch
                WHERE batch.organization_id = of_organization AND batch.first_at <= event.occurred_at
                    AND batch.last_at >= event.occurred_at AND event.id = ANY (batch.events)
            )
            AND NOT EXISTS (
                SELECT FROM audit_audithold AS hold
                WHERE hold.organization_id = of_organization AND hold.lifted_at IS NULL
                    AND (hold.until IS NULL OR hold.until > now())
                    AND (
                        hold.scope = 'organization'
                        OR (hold.scope = 'stream' AND hold.value = event.stream)
                        OR (hold.scope = 'subject' AND EXISTS (
                            SELECT FROM audit_auditpersonal AS personal
                            WHERE personal.organization_id = of_organization AND personal.stream = event.stream
                                AND personal.subject_id::text = hold.value
                        ))
                    )
            )
        RETURNING event.id;
    PERFORM set_config('coordination.dropping', '', true);
END
$$;
"""
KEEP = """
DROP FUNCTION audit_drop(uuid, uuid[]);
DROP TRIGGER audit_event_no_delete ON audit_auditevent;
DROP TRIGGER audit_event_no_change ON audit_auditevent;
CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP FUNCTION audit_refuse_delete();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0003_sealing"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditRetention",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                ("days", models.PositiveIntegerField(default=1095)),
                ("long_days", models.PositiveIntegerField(default=1825)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name="auditstream",
            name="is_personal",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("file", "Folder"),
                            ("webhook", "Webhook"),
                            ("email", "E-mail"),
                            ("witness", "Witness"),
                        ],
                        max_length=7,
                    ),
                ),
                ("address", models.CharField(max_length=500)),
                ("key", models.CharField(blank=True, max_length=300)),
                ("salt", models.CharField(blank=True, max_length=40)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditAnchored",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cosignature", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                (
                    "anchor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="anchored",
                        to="audit.auditanchor",
                    ),
                ),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.auditcheckpoint"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("records", models.PositiveBigIntegerField()),
                ("problem", models.TextField(blank=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditHold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("organization", "Everything"),
                            ("stream", "One run or stream"),
                            ("subject", "One person"),
                        ],
                        max_length=12,
                    ),
                ),
                ("value", models.CharField(blank=True, db_collation="C", max_length=200)),
                ("reason", models.CharField(max_length=500)),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, max_length=200)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditSubject",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name_mac", models.BinaryField(max_length=32, null=True)),
                ("name_sealed", models.BinaryField(null=True)),
                ("key_sealed", models.BinaryField(null=True)),
                ("created_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
                ("erased_by", models.CharField(blank=True, max_length=200)),
                ("basis", models.CharField(blank=True, max_length=500)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditPersonal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(db_collation="C", max_length=200)),
                ("values_sealed", models.BinaryField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="streams", to="audit.auditsubject"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditDisclosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.UUIDField()),
                ("commitment", models.CharField(max_length=43)),
                ("sealed", models.BinaryField()),
                (
                    "subject",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disclosures", to="audit.auditsubject"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WitnessedLog",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=coordination.shared.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("keys", models.TextField()),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("root", models.BinaryField(max_length=32, null=True)),
                ("note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("refused_why", models.CharField(blank=True, max_length=300)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="auditanchor",
            index=models.Index(condition=models.Q(("removed_at", None)), fields=["due_at"], name="audit_anchor_due"),
        ),
        migrations.AddConstraint(
            model_name="auditanchor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("organization", "kind", "address"),
                name="audit_anchor_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="auditanchored",
            constraint=models.UniqueConstraint(fields=("anchor", "checkpoint"), name="audit_anchored_once"),
        ),
        migrations.AddIndex(
            model_name="auditcheck",
            index=models.Index(fields=["organization", "-started_at"], name="audit_check_newest"),
        ),
        migrations.AddIndex(
            model_name="audithold",
            index=models.Index(
                condition=models.Q(("lifted_at", None)),
                fields=["organization", "scope", "value"],
                name="audit_hold_open",
            ),
        ),
        migrations.AddIndex(
            model_name="auditsubject",
            index=models.Index(fields=["organization", "-created_at"], name="audit_subject_newest"),
        ),
        migrations.AddConstraint(
            model_name="auditsubject",
            constraint=models.UniqueConstraint(fields=("organization", "name_mac"), name="audit_subject_once"),
        ),
        migrations.AddConstraint(
            model_name="auditpersonal",
            constraint=models.UniqueConstraint(fields=("organization", "stream"), name="audit_personal_once"),
        ),
        migrations.AddConstraint(
            model_name="auditdisclosure",
            constraint=models.UniqueConstraint(fields=("event_id", "commitment"), name="audit_disclosure_once"),
        ),
        migrations.AddConstraint(
            model_name="witnessedlog",
            constraint=models.UniqueConstraint(fields=("organization", "origin"), name="witnessed_log_once"),
        ),
        migrations.RunSQL(MARK_STAYS, MARK_GOES),
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(DROP, KEEP),
    ]
