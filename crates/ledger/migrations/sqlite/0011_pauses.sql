-- Shops that are left alone for a while, because of a 429 or because they refused the credentials: known to all processes.
CREATE TABLE pauses (
    store   TEXT NOT NULL,
    account TEXT NOT NULL,     -- fingerprint of the credentials; other ones are not paused
    cause   TEXT NOT NULL,     -- 'throttled', 'credentials', or 'scope:' and its name
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,  -- nobody asks before; then, unless throttled, one process tries once
    answer  TEXT NOT NULL,     -- the shop's own words
    PRIMARY KEY (store, account, cause)
) STRICT, WITHOUT ROWID;
