-- The trail of a case and its evidence are kept as they were; the database sees to it, whoever connects.

CREATE FUNCTION casework_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was written of a case stays: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER step_append_only BEFORE UPDATE OR DELETE ON casework_step
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
CREATE TRIGGER step_never_truncated BEFORE TRUNCATE ON casework_step
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_change();
CREATE TRIGGER evidence_never_changed BEFORE UPDATE OR DELETE ON casework_evidence
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
CREATE TRIGGER case_never_removed BEFORE DELETE ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();

-- A case that has ended never moves again.
CREATE FUNCTION casework_final_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'case % has ended as % and stays so', OLD.public_id, OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER final_is_final BEFORE UPDATE ON casework_case
    FOR EACH ROW EXECUTE FUNCTION casework_final_is_final();

-- At commit, a case and its trail say the same, and no clock runs on after the end.
CREATE FUNCTION casework_case_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    steps bigint; last_state text; running bigint;
BEGIN
    SELECT count(*) INTO steps FROM casework_step WHERE case_id = NEW.id;
    SELECT to_state INTO last_state FROM casework_step WHERE case_id = NEW.id ORDER BY number DESC LIMIT 1;
    SELECT count(*) INTO running FROM casework_clock WHERE case_id = NEW.id AND stopped_on IS NULL;
    IF steps <> (SELECT version FROM casework_case WHERE id = NEW.id)
        OR last_state IS DISTINCT FROM (SELECT state FROM casework_case WHERE id = NEW.id)
        OR (running > 0 AND (SELECT ended_at FROM casework_case WHERE id = NEW.id) IS NOT NULL) THEN
        RAISE EXCEPTION 'case % (%, version %) has % steps ending in % and % running clocks',
            NEW.public_id, NEW.state, NEW.version, steps, last_state, running
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER case_agrees AFTER INSERT OR UPDATE ON casework_case
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION casework_case_agrees();
