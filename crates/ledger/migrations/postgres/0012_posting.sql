-- What may be at a warehouse that takes its orders over HTTP.

ALTER TABLE orders ADD COLUMN posted_round BIGINT NOT NULL DEFAULT 0;  -- the newest round of which a request was begun; 0: none
ALTER TABLE orders ADD COLUMN release_round BIGINT NOT NULL DEFAULT 1; -- the round of the newest release, once there is one

-- Since when nobody but Crossdock takes orders off the queue: one row, or none where the warehouse does it itself.
CREATE TABLE posting (
    one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL
);
