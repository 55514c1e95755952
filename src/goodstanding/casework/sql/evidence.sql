-- Content is what its digest says, from the first byte on, whoever writes; it is never changed and goes only whole.
-- Files are packed already, so the server does not try to pack them again.
ALTER TABLE casework_evidencecontent
    ALTER COLUMN content SET STORAGE EXTERNAL,
    ADD CONSTRAINT content_has_its_digest CHECK (sha256 = sha256(content) AND size = octet_length(content));
CREATE TRIGGER content_never_changed BEFORE UPDATE ON casework_evidencecontent
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
