-- A record shows the statement that was attached last, and no statement ever leaves its history but with the content of
-- the record.

CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE ON registry_recordstatement
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();
CREATE TRIGGER statement_never_truncated BEFORE TRUNCATE ON registry_recordstatement
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();

CREATE FUNCTION registry_statement_is_the_last() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    subject bigint := (to_jsonb(NEW) ->> TG_ARGV[0])::bigint; shown jsonb; last_text text; last_position bigint;
BEGIN
    SELECT statement INTO shown FROM registry_record WHERE id = subject;
    SELECT text, position INTO last_text, last_position FROM registry_recordstatement
        WHERE record_id = subject ORDER BY position DESC LIMIT 1;
    IF coalesce(shown ->> 'text', '') <> coalesce(last_text, '')
        OR (shown IS NOT NULL AND (shown ->> 'position')::bigint IS DISTINCT FROM last_position) THEN
        RAISE EXCEPTION 'record % does not show the statement that was attached last', subject
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shows_last_statement AFTER UPDATE OF statement ON registry_record
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.statement IS DISTINCT FROM NEW.statement)
    EXECUTE FUNCTION registry_statement_is_the_last('id');
CREATE CONSTRAINT TRIGGER last_statement_is_shown AFTER INSERT ON registry_recordstatement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION registry_statement_is_the_last('record_id');
