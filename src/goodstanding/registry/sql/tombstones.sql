-- A removed record has its tombstone, and a record with a tombstone is removed: the database keeps both at commit.

CREATE FUNCTION registry_removed_has_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text; buried boolean;
BEGIN
    SELECT state INTO now_state FROM registry_record WHERE id = NEW.id;
    SELECT EXISTS (SELECT 1 FROM registry_tombstone WHERE record_id = NEW.id) INTO buried;
    IF (now_state IN ('restored', 'withdrawn', 'redacted')) <> buried THEN
        RAISE EXCEPTION 'record % is % and has % tombstone', NEW.public_id, now_state,
            CASE WHEN buried THEN 'a' ELSE 'no' END USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER removed_has_tombstone AFTER UPDATE OF state ON registry_record
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state IN ('restored', 'withdrawn', 'redacted') OR NEW.state IN ('restored', 'withdrawn', 'redacted'))
    EXECUTE FUNCTION registry_removed_has_tombstone();
CREATE CONSTRAINT TRIGGER removed_comes_with_tombstone AFTER INSERT ON registry_record
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('restored', 'withdrawn', 'redacted'))
    EXECUTE FUNCTION registry_removed_has_tombstone();

-- Earlier versions are never changed. They are erased where the record was redacted, and only then.
CREATE FUNCTION registry_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (SELECT state FROM registry_record WHERE id = OLD.record_id) = 'redacted' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'earlier versions stay: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER version_append_only ON registry_recordversion;
CREATE TRIGGER version_append_only BEFORE UPDATE OR DELETE ON registry_recordversion
    FOR EACH ROW EXECUTE FUNCTION registry_version_stays();

-- What was redacted holds no content, and never holds any again.
CREATE FUNCTION registry_redacted_is_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'redacted' THEN
        RAISE EXCEPTION 'record % was redacted and stays so', OLD.public_id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER redacted_stays BEFORE UPDATE ON registry_record
    FOR EACH ROW WHEN (OLD.state = 'redacted') EXECUTE FUNCTION registry_redacted_is_empty();
