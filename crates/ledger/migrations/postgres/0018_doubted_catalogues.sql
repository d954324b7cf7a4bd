-- When a shop's catalogue came into doubt, in microseconds since 1970, UTC: a reading that began before that may have passed what is in doubt.

ALTER TABLE catalogues ADD COLUMN doubted_at BIGINT;
