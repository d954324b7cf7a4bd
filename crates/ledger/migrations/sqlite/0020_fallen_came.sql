-- Whether what a message fell for has come to the desk: what becomes of its dead letter before that is of an earlier failure.
ALTER TABLE fallen ADD COLUMN came INTEGER NOT NULL DEFAULT 1;

UPDATE fallen SET came = FALSE WHERE NOT EXISTS (
    SELECT 1 FROM dead_letters
    WHERE dead_letters.role = fallen.role AND dead_letters.message_id = fallen.message_id);
