-- A reserved code stays reserved, and nobody is registered under it. Whoever reserves one locks the codes first.

CREATE TRIGGER reserved_code_stays BEFORE UPDATE OR DELETE ON registry_reservedcode
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER reserved_code_never_truncated BEFORE TRUNCATE ON registry_reservedcode
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();

CREATE FUNCTION registry_code_is_not_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a JOIN registry_reservedcode r ON r.value = a.value AND r.scheme = a.scheme
    ) THEN
        RAISE EXCEPTION 'a code that is reserved is given to nobody' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER code_is_not_reserved AFTER INSERT ON registry_identifier REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_code_is_not_reserved();
CREATE TRIGGER changed_code_is_not_reserved AFTER UPDATE ON registry_identifier REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_code_is_not_reserved();
