-- Requests to shops that tell no quota, by the second: all processes together keep within what the shop allows.
CREATE TABLE calls (
    store    TEXT COLLATE "C" NOT NULL,
    taken_at BIGINT NOT NULL,
    taken    BIGINT NOT NULL,
    PRIMARY KEY (store, taken_at)
);
