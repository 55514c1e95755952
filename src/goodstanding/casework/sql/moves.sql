-- Which clock was moved by which notice stays as it was written.
CREATE TRIGGER move_append_only BEFORE UPDATE OR DELETE ON casework_clockmove
    FOR EACH ROW EXECUTE FUNCTION casework_refuse_change();
CREATE TRIGGER move_never_truncated BEFORE TRUNCATE ON casework_clockmove
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_change();

-- Room for a second version of every clock on its own page: a notice may move them all.
ALTER TABLE casework_clock SET (fillfactor = 50);
