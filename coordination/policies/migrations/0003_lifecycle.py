"""Give versions a life between draft and enforced, and each organization a practice for it."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


# Why a version was written and what its author had before them is as final as what it says.
TRIGGER = """
DROP TRIGGER policy_version_immutable ON policies_policyversion;
CREATE TRIGGER policy_version_immutable BEFORE UPDATE ON policies_policyversion
    FOR EACH ROW WHEN (
        (NEW.id, NEW.policy_id, NEW.number, NEW.digest, NEW.created_by, NEW.created_at{new})
            IS DISTINCT FROM (OLD.id, OLD.policy_id, OLD.number, OLD.digest, OLD.created_by, OLD.created_at{old})
        OR NEW.spec IS DISTINCT FROM OLD.spec
    )
    EXECUTE FUNCTION policies_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("policies", "0002_immutable"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyPractice",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.organization",
                    ),
                ),
                ("is_review_required", models.BooleanField(default=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "shadow_hours",
                    models.PositiveIntegerField(
                        default=72, validators=[django.core.validators.MaxValueValidator(2160)]
                    ),
                ),
                (
                    "shadow_matches",
                    models.PositiveIntegerField(
                        default=200, validators=[django.core.validators.MaxValueValidator(100000)]
                    ),
                ),
                (
                    "canary_percent",
                    models.PositiveSmallIntegerField(
                        default=10,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "canary_hours",
                    models.PositiveIntegerField(
                        default=24, validators=[django.core.validators.MaxValueValidator(2160)]
                    ),
                ),
                ("changed_at", models.DateTimeField(null=True)),
                ("changed_by", models.CharField(blank=True, max_length=150)),
            ],
        ),
        migrations.AddField(
            model_name="policyversion",
            name="based_on",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="canary_percent",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="note",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="replaces",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="reviewed_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=150), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="status_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="way",
            field=models.CharField(
                blank=True,
                choices=[
                    ("staged", "in shadow first, then for a part of the runs, then for all"),
                    ("direct", "at once after the review"),
                    ("hotfix", "at once because it only tightens; reviewed afterwards"),
                    ("restored", "at once because it says what held before"),
                    ("unreviewed", "without a review, as the organization has chosen"),
                    ("operator", "by an operator, outside the review"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="policyversion",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("validated", "Validated"),
                    ("backtested", "Backtested"),
                    ("in_review", "In review"),
                    ("shadow", "In shadow"),
                    ("canary", "Canary"),
                    ("enforced", "Enforced"),
                    ("superseded", "Superseded"),
                    ("rolled_back", "Rolled back"),
                    ("rejected", "Rejected"),
                ],
                default="draft",
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="policyversion",
            index=models.Index(
                condition=models.Q(("status__in", ["shadow", "canary"])), fields=["status_at"], name="policy_candidates"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "in_review")), fields=("policy",), name="one_version_in_review"
            ),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["shadow", "canary"])),
                fields=("policy",),
                name="one_candidate_version",
            ),
        ),
        migrations.RunSQL(
            TRIGGER.format(new=", NEW.note, NEW.based_on", old=", OLD.note, OLD.based_on"),
            TRIGGER.format(new="", old=""),
        ),
    ]
