"""Let an erasure take a person's values out of what was known when something was decided, and nothing else."""

from django.db import migrations

# What was decided, about what, by which rules, stays whatever is erased.
LET = """
DROP TRIGGER policy_decision_immutable ON policies_policydecision;
CREATE TRIGGER policy_decision_immutable BEFORE UPDATE ON policies_policydecision
    FOR EACH ROW WHEN (
        current_setting('coordination.erasing', true) IS DISTINCT FROM 'on'
        OR (NEW.id, NEW.organization_id, NEW.created_at, NEW.subject, NEW.run_id, NEW.step, NEW.hook, NEW.agent,
            NEW.action, NEW.outcome, NEW.policies, NEW.versions, NEW.shadow_outcome, NEW.is_canary, NEW.engine,
            NEW.micros)
            IS DISTINCT FROM (OLD.id, OLD.organization_id, OLD.created_at, OLD.subject, OLD.run_id, OLD.step, OLD.hook,
            OLD.agent, OLD.action, OLD.outcome, OLD.policies, OLD.versions, OLD.shadow_outcome, OLD.is_canary,
            OLD.engine, OLD.micros)
    )
    EXECUTE FUNCTION policies_refuse();
"""
REFUSE = """
DROP TRIGGER policy_decision_immutable ON policies_policydecision;
CREATE TRIGGER policy_decision_immutable BEFORE UPDATE ON policies_policydecision
    FOR EACH ROW EXECUTE FUNCTION policies_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0008_digest_on_demand")]

    operations = [migrations.RunSQL(LET, REFUSE)]
