"""Let PostgreSQL refuse to reopen a question that is settled."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION approvals_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A question that is % is never % again.', OLD.state, NEW.state
        USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER approvals_never_reopened BEFORE UPDATE OF state ON approvals_approvalrequest
    FOR EACH ROW WHEN (
        NEW.state <> OLD.state
        AND (
            OLD.state NOT IN ('pending', 'claimed', 'info_requested', 'approved')
            OR (OLD.state = 'approved' AND NEW.state IN ('pending', 'claimed', 'info_requested'))
        )
    )
    EXECUTE FUNCTION approvals_refuse();
"""

ALLOW = """
DROP TRIGGER approvals_never_reopened ON approvals_approvalrequest;
DROP FUNCTION approvals_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_carry_over")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
