"""Carry old questions over: a chain of one stage, and a first revision."""

from django.db import migrations

CARRY_OVER = """
UPDATE approvals_approvalrequest SET chain = jsonb_build_array(stage) WHERE chain = '[]'::jsonb;
INSERT INTO approvals_approvalrevision
    (id, request_id, number, parameters, action_digest, title, intent, edited_by_id, created_at)
SELECT gen_random_uuid(), id, revision, parameters, action_digest, title, intent, edited_by_id, created_at
    FROM approvals_approvalrequest;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_chains")]

    operations = [migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop)]
