-- What was handed in stays as it was, but for its erasure, once: name and content go, that it was there stays.
DROP TRIGGER evidence_never_changed ON casework_evidence;
CREATE FUNCTION casework_evidence_is_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    goes text[] := ARRAY['name', 'sha256', 'erased_at'];
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND to_jsonb(NEW) - goes = to_jsonb(OLD) - goes THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was handed in stays as it was' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER evidence_only_erased BEFORE UPDATE ON casework_evidence
    FOR EACH ROW EXECUTE FUNCTION casework_evidence_is_only_erased();
CREATE TRIGGER evidence_never_removed BEFORE DELETE ON casework_evidence
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
