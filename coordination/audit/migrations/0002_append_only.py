"""Let PostgreSQL refuse what an append-only log must never see, whoever asks through this application."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_event_no_change BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

CREATE TRIGGER audit_stream_no_delete BEFORE DELETE ON audit_auditstream
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_stream_no_truncate BEFORE TRUNCATE ON audit_auditstream
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
-- A head moves with every record, but only forward, and what a stream is never changes.
CREATE TRIGGER audit_stream_only_forward BEFORE UPDATE ON audit_auditstream
    FOR EACH ROW WHEN (
        NEW.length < OLD.length
        OR NEW.id <> OLD.id
        OR NEW.organization_id <> OLD.organization_id
        OR NEW.name <> OLD.name
        OR (OLD.length > 0 AND NEW.first_hash <> OLD.first_hash)
    )
    EXECUTE FUNCTION audit_refuse();
"""

ALLOW = """
DROP TRIGGER audit_event_no_change ON audit_auditevent;
DROP TRIGGER audit_event_no_truncate ON audit_auditevent;
DROP TRIGGER audit_stream_no_delete ON audit_auditstream;
DROP TRIGGER audit_stream_no_truncate ON audit_auditstream;
DROP TRIGGER audit_stream_only_forward ON audit_auditstream;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
