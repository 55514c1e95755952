-- Looks stay as they were written; places and findings change once, by their end.

CREATE TRIGGER probe_look_append_only BEFORE UPDATE OR DELETE ON exchange_probelook
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER probe_look_never_truncated BEFORE TRUNCATE ON exchange_probelook
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();

CREATE FUNCTION exchange_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR to_jsonb(NEW) - '{ended_at,ended_by}'::text[] <> to_jsonb(OLD) - '{ended_at,ended_by}'::text[] THEN
        RAISE EXCEPTION '% changes only by its end', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER probe_place_only_ends BEFORE UPDATE OR DELETE ON exchange_probeplace
    FOR EACH ROW EXECUTE FUNCTION exchange_only_ends();
CREATE TRIGGER probe_finding_only_ends BEFORE UPDATE OR DELETE ON exchange_probefinding
    FOR EACH ROW EXECUTE FUNCTION exchange_only_ends();
