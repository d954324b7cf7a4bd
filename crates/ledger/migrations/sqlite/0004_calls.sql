-- Requests to shops that tell no quota, by the second: all processes together keep within what the shop allows.
CREATE TABLE calls (
    store    TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    taken    INTEGER NOT NULL,
    PRIMARY KEY (store, taken_at)
) STRICT, WITHOUT ROWID;
