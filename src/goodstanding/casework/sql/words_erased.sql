-- What was said in a case about a record that its source erased goes with the record, once the case has ended; that it
-- was said, by whom and when, stays. The words that take its place are those of casework/erasing.py.
CREATE OR REPLACE FUNCTION casework_final_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    goes text[] := ARRAY['reasons', 'erased_at'];
BEGIN
    IF OLD.ended_at IS NULL
        OR (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND to_jsonb(NEW) - goes = to_jsonb(OLD) - goes
            AND EXISTS (SELECT FROM registry_record WHERE id = OLD.record_id AND state = 'redacted')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'case % has ended as % and stays so', OLD.public_id, OLD.state
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER step_append_only ON casework_step;
CREATE FUNCTION casework_step_is_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    goes text[] := ARRAY['note', 'detail'];
BEGIN
    IF to_jsonb(NEW) - goes = to_jsonb(OLD) - goes
        AND ARRAY(SELECT jsonb_object_keys(NEW.detail)) = ARRAY(SELECT jsonb_object_keys(OLD.detail))
        AND EXISTS (SELECT FROM casework_case WHERE id = OLD.case_id AND erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was written of a case stays: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER step_only_erased BEFORE UPDATE ON casework_step
    FOR EACH ROW EXECUTE FUNCTION casework_step_is_only_erased();
CREATE TRIGGER step_never_removed BEFORE DELETE ON casework_step
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
