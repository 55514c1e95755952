-- The receipt of a decision stays as it was written, and goes with the content of its record.

CREATE FUNCTION casework_receipt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the receipt of a decision stays as it was written'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER receipt_stays BEFORE UPDATE ON casework_decisionreceipt
    FOR EACH ROW EXECUTE FUNCTION casework_receipt_stays();

CREATE FUNCTION casework_erase_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM casework_decisionreceipt USING casework_case c WHERE case_id = c.id AND c.record_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER receipts_go_with_content AFTER UPDATE OF state ON registry_record FOR EACH ROW
    WHEN (NEW.state = 'redacted' AND OLD.state <> 'redacted') EXECUTE FUNCTION casework_erase_receipts();
