-- What a record was used for stays as it was reported, and goes only with the content of the record.

CREATE TRIGGER use_append_only BEFORE UPDATE OR DELETE ON registry_use
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();
CREATE TRIGGER use_never_truncated BEFORE TRUNCATE ON registry_use
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
