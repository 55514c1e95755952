-- What was proposed stays as it was proposed, ends once, and goes with the content of its record.

CREATE FUNCTION casework_annulment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
        OR (NEW.id, NEW.public_id, NEW.record_id, NEW.act, NEW.document, NEW.reasons, NEW.changes, NEW.by_id, NEW.at)
        IS DISTINCT FROM
        (OLD.id, OLD.public_id, OLD.record_id, OLD.act, OLD.document, OLD.reasons, OLD.changes, OLD.by_id, OLD.at) THEN
        RAISE EXCEPTION 'what was proposed stays as it was' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annulment_stays BEFORE UPDATE ON casework_annulment
    FOR EACH ROW EXECUTE FUNCTION casework_annulment_stays();

CREATE FUNCTION casework_erase_annulments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM casework_annulment WHERE record_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER annulments_go_with_content AFTER UPDATE OF state ON registry_record FOR EACH ROW
    WHEN (NEW.state = 'redacted' AND OLD.state <> 'redacted') EXECUTE FUNCTION casework_erase_annulments();
