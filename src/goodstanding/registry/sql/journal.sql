-- The journal is append-only and gap-free; the database keeps both, whoever connects.

CREATE FUNCTION registry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON registry_event
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER event_never_truncated BEFORE TRUNCATE ON registry_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER version_append_only BEFORE UPDATE OR DELETE ON registry_recordversion
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER version_never_truncated BEFORE TRUNCATE ON registry_recordversion
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
-- A salt may be destroyed (that is how the log forgets), never changed.
CREATE TRIGGER salt_never_changed BEFORE UPDATE ON registry_salt
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE ON registry_checkpoint
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();

-- Each statement that appends must continue exactly where the journal ends, without a hole inside.
CREATE FUNCTION registry_journal_is_gap_free() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first bigint; last bigint; rows bigint; before bigint; head bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first, last, rows FROM added;
    IF rows = 0 THEN RETURN NULL; END IF;
    SELECT coalesce(max(position), 0) INTO before FROM registry_event WHERE position < first;
    SELECT position INTO head FROM registry_journalhead WHERE id = 1;
    IF first <> before + 1 OR last - first + 1 <> rows OR last <> head THEN
        RAISE EXCEPTION 'journal positions % to % (% rows) do not continue position % up to head %',
            first, last, rows, before, head USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    PERFORM pg_notify('goodstanding_journal', last::text);
    RETURN NULL;
END $$;

CREATE TRIGGER event_gap_free AFTER INSERT ON registry_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION registry_journal_is_gap_free();

-- The head only moves forward and is never removed.
CREATE FUNCTION registry_head_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.position < OLD.position THEN
        RAISE EXCEPTION 'the journal head never moves back' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER head_moves_forward BEFORE UPDATE OR DELETE ON registry_journalhead
    FOR EACH ROW EXECUTE FUNCTION registry_head_moves_forward();

INSERT INTO registry_journalhead (id, position) VALUES (1, 0);
