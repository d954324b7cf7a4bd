-- Since when each shop's webhooks may have told nobody of a change. Every time is in microseconds since 1970, UTC.

CREATE TABLE webhooks (
    store       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    alive_at    BIGINT, -- when they were last seen to tell of everything
    missed_from BIGINT, -- what changed from then on is still to be looked for
    mended_at   BIGINT  -- when they were mended; what changed a little later may still be missed
);
