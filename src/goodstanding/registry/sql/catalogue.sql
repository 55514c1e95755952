-- A record stands under an item of the catalogue and under that item's kind. What a foreign key over both would say is
-- asked once for each statement instead of once for each row: records come in thousands, under one item or a few.

CREATE FUNCTION registry_item_is_listed(item text, kind text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM registry_catalogueitem i WHERE i.code = $1 AND i.kind = $2)
$$;

CREATE FUNCTION registry_refuse_record(item text, kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'record_kind_is_in_catalogue: the catalogue has no item % of the kind %', item, kind
        USING ERRCODE = 'foreign_key_violation', TABLE = 'registry_record', CONSTRAINT = 'record_kind_is_in_catalogue';
END
$$;

CREATE FUNCTION registry_check_new_records() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray record;
BEGIN
    SELECT item_id, kind INTO stray
    FROM (SELECT DISTINCT item_id, kind FROM fresh) AS named
    WHERE NOT registry_item_is_listed(item_id, kind) LIMIT 1;
    IF FOUND THEN
        PERFORM registry_refuse_record(stray.item_id, stray.kind);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER record_kind_is_in_catalogue AFTER INSERT ON registry_record
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry_check_new_records();

CREATE FUNCTION registry_check_changed_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT registry_item_is_listed(NEW.item_id, NEW.kind) THEN
        PERFORM registry_refuse_record(NEW.item_id, NEW.kind);
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER changed_record_kind_is_in_catalogue BEFORE UPDATE ON registry_record FOR EACH ROW
    WHEN (NEW.item_id IS DISTINCT FROM OLD.item_id OR NEW.kind IS DISTINCT FROM OLD.kind)
    EXECUTE FUNCTION registry_check_changed_record();

-- So that what was true of a record when it came in stays true.
CREATE FUNCTION registry_keep_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an item of the catalogue keeps its kind and is never deleted'
        USING ERRCODE = 'restrict_violation', TABLE = 'registry_catalogueitem', CONSTRAINT = 'items_are_kept';
END
$$;

CREATE TRIGGER items_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON registry_catalogueitem
    FOR EACH STATEMENT EXECUTE FUNCTION registry_keep_items();
