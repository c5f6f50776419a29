"""Let what a record was found by go with the record: its words stand in the row of its batch too."""

from django.db import migrations

# A batch keeps the terms that its remaining records still hold. A term that a body may spell otherwise is kept: as
# long as a record remains, a search must find it.
FORGET = r"""
CREATE FUNCTION audit_forget_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit_auditbatch AS batch
    SET terms = (
        SELECT coalesce(array_to_tsvector(array_agg(term)), ''::tsvector)
        FROM unnest(tsvector_to_array(batch.terms)) AS term, (
            SELECT string_agg(event.body, E'\n') AS bodies, lower(string_agg(event.body, E'\n')) AS lowered
            FROM audit_auditevent AS event WHERE event.id = ANY (batch.events)
        ) AS left_over
        WHERE bodies IS NOT NULL AND (
            term !~ '^[ !#-\[\]-~]*$'
            OR CASE WHEN substr(term, 2, 1) = ':' THEN strpos(bodies, substr(term, 3)) ELSE strpos(lowered, term) END > 0
        )
    )
    FROM (
        SELECT organization_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at, array_agg(id) AS events
        FROM gone GROUP BY organization_id
    ) AS dropped
    WHERE batch.organization_id = dropped.organization_id AND batch.last_at >= dropped.first_at
        AND batch.first_at <= dropped.last_at AND batch.events && dropped.events;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_event_forget AFTER DELETE ON audit_auditevent
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION audit_forget_terms();

DROP TRIGGER audit_auditbatch_no_change ON audit_auditbatch;
CREATE TRIGGER audit_auditbatch_no_delete BEFORE DELETE ON audit_auditbatch
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
-- Terms go while records are dropped, and nothing else of a batch ever changes.
CREATE TRIGGER audit_auditbatch_no_change BEFORE UPDATE ON audit_auditbatch
    FOR EACH ROW WHEN (
        current_setting('coordination.dropping', true) IS DISTINCT FROM 'on'
        OR NOT tsvector_to_array(NEW.terms) <@ tsvector_to_array(OLD.terms)
        OR NEW.id <> OLD.id
        OR NEW.organization_id <> OLD.organization_id
        OR NEW.checkpoint_id <> OLD.checkpoint_id
        OR NEW.first_seq <> OLD.first_seq
        OR NEW.events <> OLD.events
        OR NEW.leaves <> OLD.leaves
        OR NEW.first_at <> OLD.first_at
        OR NEW.last_at <> OLD.last_at
    )
    EXECUTE FUNCTION audit_refuse();
"""
REMEMBER = """
DROP TRIGGER audit_event_forget ON audit_auditevent;
DROP FUNCTION audit_forget_terms();
DROP TRIGGER audit_auditbatch_no_delete ON audit_auditbatch;
DROP TRIGGER audit_auditbatch_no_change ON audit_auditbatch;
CREATE TRIGGER audit_auditbatch_no_change BEFORE UPDATE OR DELETE ON audit_auditbatch
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_keeping")]

    operations = [migrations.RunSQL(FORGET, REMEMBER)]
