-- Shops that are left alone for a while, because of a 429 or because they refused the credentials: known to all processes.
CREATE TABLE pauses (
    store   TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL, -- fingerprint of the credentials; other ones are not paused
    cause   TEXT COLLATE "C" NOT NULL, -- 'throttled', 'credentials', or 'scope:' and its name
    since   BIGINT NOT NULL,
    until   BIGINT NOT NULL,           -- nobody asks before; then, unless throttled, one process tries once
    answer  TEXT NOT NULL,             -- the shop's own words
    PRIMARY KEY (store, account, cause)
);
