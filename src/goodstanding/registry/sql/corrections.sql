-- Corrections stay as they were decided, and go only with the content of their record.

CREATE TRIGGER correction_append_only BEFORE UPDATE OR DELETE ON registry_correction
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();
CREATE TRIGGER correction_never_truncated BEFORE TRUNCATE ON registry_correction
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
