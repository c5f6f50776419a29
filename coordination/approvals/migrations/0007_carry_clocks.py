"""Carry questions over that were asked before clocks called anybody: what is open is looked at once, at once."""

from django.db import migrations

CARRY_OVER = """
UPDATE approvals_approvalrequest SET promised_at = due_at;
UPDATE approvals_approvalrequest SET next_call_at = created_at WHERE state IN ('pending', 'claimed', 'info_requested');
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_clocks_and_delegation")]

    operations = [migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop)]
