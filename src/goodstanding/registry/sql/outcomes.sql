-- What a body reported stays as it was said, and goes only with the content of its record.

CREATE TRIGGER outcome_append_only BEFORE UPDATE OR DELETE ON registry_outcome
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();
CREATE TRIGGER outcome_never_truncated BEFORE TRUNCATE ON registry_outcome
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
