-- One row for each write, so that each has an echo of its own for as long as it may come, and one that is told twice is known by its
-- event. What was expected is forgotten: those products are read.
DROP TABLE echoes;

CREATE TABLE echoes (
    store      TEXT COLLATE "C" NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL,
    place      BIGINT NOT NULL, -- among the writes to this product at once
    heard_as   TEXT COLLATE "C",  -- the event that was its echo
    PRIMARY KEY (store, product_id, written_at, place)
);

CREATE INDEX echoes_by_age ON echoes (store, written_at);
