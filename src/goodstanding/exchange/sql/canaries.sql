-- What a canary is never changes; its removal and its receipt come once and stay. Looks stay as they were written.

CREATE FUNCTION exchange_canary_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    removal text[] := '{removed_as,removed_at,removed_position}';
    answer text[] := '{receipt,receipt_at,receipt_position}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - removal - answer <> to_jsonb(OLD) - removal - answer
        OR (OLD.removed_at IS NOT NULL AND to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer)
        OR (OLD.receipt_at IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'a canary stays as it was planted, removed and answered'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER canary_stays BEFORE UPDATE OR DELETE ON exchange_canary
    FOR EACH ROW EXECUTE FUNCTION exchange_canary_stays();
CREATE TRIGGER canary_look_append_only BEFORE UPDATE OR DELETE ON exchange_canarylook
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_change();
CREATE TRIGGER canary_look_never_truncated BEFORE TRUNCATE ON exchange_canarylook
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_change();
