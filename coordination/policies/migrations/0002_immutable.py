"""Let PostgreSQL refuse to change what a version said or what was decided."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION policies_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What % says is never changed.', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A version's status moves on; its content does not.
CREATE TRIGGER policy_version_immutable BEFORE UPDATE ON policies_policyversion
    FOR EACH ROW WHEN (
        (NEW.id, NEW.policy_id, NEW.number, NEW.digest, NEW.created_by, NEW.created_at)
            IS DISTINCT FROM (OLD.id, OLD.policy_id, OLD.number, OLD.digest, OLD.created_by, OLD.created_at)
        OR NEW.spec IS DISTINCT FROM OLD.spec
    )
    EXECUTE FUNCTION policies_refuse();

CREATE TRIGGER policy_decision_immutable BEFORE UPDATE ON policies_policydecision
    FOR EACH ROW EXECUTE FUNCTION policies_refuse();
"""

ALLOW = """
DROP TRIGGER policy_version_immutable ON policies_policyversion;
DROP TRIGGER policy_decision_immutable ON policies_policydecision;
DROP FUNCTION policies_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
