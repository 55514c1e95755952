-- A note stays as it was written; it changes hands with its case, and goes with the content of its record.

CREATE FUNCTION casework_note_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.public_id, NEW.case_id, NEW.by_id, NEW.text, NEW.at, NEW.key)
        IS DISTINCT FROM (OLD.id, OLD.public_id, OLD.case_id, OLD.by_id, OLD.text, OLD.at, OLD.key) THEN
        RAISE EXCEPTION 'a note stays as it was written' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_stays BEFORE UPDATE ON casework_note FOR EACH ROW EXECUTE FUNCTION casework_note_stays();

CREATE FUNCTION casework_erase_notes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM casework_note USING casework_case c WHERE case_id = c.id AND c.record_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER notes_go_with_content AFTER UPDATE OF state ON registry_record FOR EACH ROW
    WHEN (NEW.state = 'redacted' AND OLD.state <> 'redacted') EXECUTE FUNCTION casework_erase_notes();
