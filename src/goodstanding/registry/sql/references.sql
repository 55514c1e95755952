-- Who a record or an event refers to exists, and stays. Foreign keys would say the same one row at a time, locking each
-- entity and authority on the way: a third of what a bulk load costs. Here a statement is checked as a whole. It needs no
-- locks, because nothing that may be referred to is ever removed or renumbered.

CREATE FUNCTION registry_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records and events refer to %: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'foreign_key_violation';
END $$;

CREATE TRIGGER authority_stays BEFORE DELETE ON registry_authority
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER authority_keeps_its_number BEFORE UPDATE OF id ON registry_authority
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER authority_never_truncated BEFORE TRUNCATE ON registry_authority
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER entity_stays BEFORE DELETE ON registry_entity
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER entity_keeps_its_number BEFORE UPDATE OF id ON registry_entity
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER entity_never_truncated BEFORE TRUNCATE ON registry_entity
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER record_stays BEFORE DELETE ON registry_record
    FOR EACH ROW EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER record_keeps_its_number BEFORE UPDATE OF id ON registry_record
    FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION registry_refuse_removal();
CREATE TRIGGER record_never_truncated BEFORE TRUNCATE ON registry_record
    FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_removal();

-- The settings keep the plan on the primary keys, whatever the planner believed when the session began.
CREATE FUNCTION registry_record_refers_to_what_is_there() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (SELECT DISTINCT entity_id AS id FROM added) a
        WHERE NOT EXISTS (SELECT 1 FROM registry_entity e WHERE e.id = a.id)
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT authority_id AS id FROM added UNION SELECT DISTINCT source_id FROM added) a
        WHERE NOT EXISTS (SELECT 1 FROM registry_authority e WHERE e.id = a.id)
    ) THEN
        RAISE EXCEPTION 'a record names an entity or authority that is not registered'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER record_refers AFTER INSERT ON registry_record REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_record_refers_to_what_is_there();
CREATE TRIGGER record_still_refers AFTER UPDATE ON registry_record REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_record_refers_to_what_is_there();

CREATE FUNCTION registry_event_refers_to_what_is_there() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a WHERE a.record_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM registry_record e WHERE e.id = a.record_id)
    ) OR EXISTS (
        SELECT 1 FROM (SELECT DISTINCT entity_id AS id FROM added WHERE entity_id IS NOT NULL) a
        WHERE NOT EXISTS (SELECT 1 FROM registry_entity e WHERE e.id = a.id)
    ) THEN
        RAISE EXCEPTION 'an event is about an entity or record that is not registered'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER event_refers AFTER INSERT ON registry_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_event_refers_to_what_is_there();

CREATE FUNCTION registry_salt_is_of_an_event() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added a WHERE NOT EXISTS (SELECT 1 FROM registry_event e WHERE e.position = a.event_id)
    ) THEN
        RAISE EXCEPTION 'a salt without its event' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER salt_refers AFTER INSERT ON registry_salt REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION registry_salt_is_of_an_event();
