-- What recipients did about canaries moves to where it stands of records. A look made while a canary was published, before
-- its removal, has no place there: such looks are made no longer.

INSERT INTO exchange_receipt (subscriber_id, canary_id, removal_position, action, removed, signed, received_at, position,
    removed_at, sealed_at)
SELECT c.subscriber_id, c.id, c.removed_position, c.receipt::jsonb #>> '{receipt,action}',
    (c.receipt::jsonb #>> '{receipt,removed}')::bigint, c.receipt, c.receipt_at, c.receipt_position, c.removed_at,
    (SELECT signed_at FROM registry_checkpoint WHERE size >= c.removed_position ORDER BY size LIMIT 1)
FROM exchange_canary c WHERE c.receipt_at IS NOT NULL ORDER BY c.receipt_position;
INSERT INTO exchange_probelook (place_id, canary_id, removal_position, at, result, reason, status)
SELECT l.place_id, l.canary_id, c.removed_position, l.at, l.result, l.reason, l.status
FROM exchange_canarylook l JOIN exchange_canary c ON c.id = l.canary_id WHERE l.at >= c.removed_at ORDER BY l.id;
SET CONSTRAINTS ALL IMMEDIATE;

-- What a canary is never changes; its removal comes once and stays.
CREATE OR REPLACE FUNCTION exchange_canary_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    removal text[] := '{removed_as,removed_at,removed_position}';
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - removal <> to_jsonb(OLD) - removal
        OR (OLD.removed_at IS NOT NULL AND NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'a canary stays as it was planted and removed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
