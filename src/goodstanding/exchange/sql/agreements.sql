-- What was drafted stays word for word, a signature is never taken back, and days on which an agreement holds belong to
-- a version that is concluded.

CREATE FUNCTION exchange_agreement_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR (NEW.agreement_id, NEW.version, NEW.document, NEW.digest, NEW.breaking, NEW.drafted_at)
            IS DISTINCT FROM (OLD.agreement_id, OLD.version, OLD.document, OLD.digest, OLD.breaking, OLD.drafted_at)
        OR (OLD.provider_signature IS NOT NULL AND NEW.provider_signature IS DISTINCT FROM OLD.provider_signature)
        OR (OLD.recipient_signature IS NOT NULL AND NEW.recipient_signature IS DISTINCT FROM OLD.recipient_signature)
        OR (OLD.paper <> '' AND NEW.paper <> OLD.paper)
        OR (OLD.concluded_at IS NOT NULL AND NEW.concluded_at IS DISTINCT FROM OLD.concluded_at) THEN
        RAISE EXCEPTION 'version % of an agreement stays as it was drafted and signed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agreement_version_stays BEFORE UPDATE OR DELETE ON exchange_agreementversion
    FOR EACH ROW EXECUTE FUNCTION exchange_agreement_version_stays();

CREATE FUNCTION exchange_term_is_concluded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.last_read IS NOT NULL
        OR (NEW.agreement_id, NEW.version_id, NEW.first) IS DISTINCT FROM (OLD.agreement_id, OLD.version_id, OLD.first)
        OR NEW.until > OLD.until) THEN
        RAISE EXCEPTION 'term % of an agreement can only be closed', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM exchange_agreementversion v WHERE v.id = NEW.version_id
        AND v.agreement_id = NEW.agreement_id AND v.concluded_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a term needs a concluded version of its agreement'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER term_is_concluded BEFORE INSERT OR UPDATE ON exchange_agreementterm
    FOR EACH ROW EXECUTE FUNCTION exchange_term_is_concluded();
