-- That a body took its own decision back stays as it was said, and goes only with the content of its record.

CREATE TRIGGER withdrawal_append_only BEFORE UPDATE OR DELETE ON registry_withdrawal
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();
CREATE TRIGGER withdrawal_never_truncated BEFORE TRUNCATE ON registry_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
