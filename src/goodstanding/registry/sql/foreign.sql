-- A record has one home. Where it lives elsewhere, only its home's feed changes it here: whoever applies that feed says
-- so for the length of the transaction (set_config('goodstanding.home', ...)), and nothing else may write its row.

CREATE FUNCTION registry_record_has_one_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.home <> OLD.home THEN
        RAISE EXCEPTION 'record % lives in % and does not move', OLD.public_id, OLD.home
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF coalesce(current_setting('goodstanding.home', true), '') <> NEW.home THEN
        RAISE EXCEPTION 'record % lives in % and is changed there', NEW.public_id, NEW.home
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER foreign_record_is_read_only BEFORE UPDATE ON registry_record
    FOR EACH ROW WHEN (OLD.home <> '' OR NEW.home <> '') EXECUTE FUNCTION registry_record_has_one_home();
CREATE TRIGGER foreign_record_comes_from_its_home BEFORE INSERT ON registry_record
    FOR EACH ROW WHEN (NEW.home <> '') EXECUTE FUNCTION registry_record_has_one_home();

-- The history of a foreign record's statements stands at its home.
DROP TRIGGER shows_last_statement ON registry_record;
CREATE CONSTRAINT TRIGGER shows_last_statement AFTER UPDATE OF statement ON registry_record
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.statement IS DISTINCT FROM NEW.statement AND NEW.home = '')
    EXECUTE FUNCTION registry_statement_is_the_last('id');
