-- A template of reasons stays as it was written, and ends once.

CREATE FUNCTION casework_template_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
        OR (NEW.id, NEW.public_id, NEW.series, NEW.version, NEW.authority_id, NEW.kind, NEW.event, NEW.name,
            NEW.text_zh, NEW.text_en, NEW.by_id, NEW.at)
        IS DISTINCT FROM
        (OLD.id, OLD.public_id, OLD.series, OLD.version, OLD.authority_id, OLD.kind, OLD.event, OLD.name,
            OLD.text_zh, OLD.text_en, OLD.by_id, OLD.at) THEN
        RAISE EXCEPTION 'a template stays as it was written' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER template_stays BEFORE UPDATE OR DELETE ON casework_reasonstemplate
    FOR EACH ROW EXECUTE FUNCTION casework_template_stays();
