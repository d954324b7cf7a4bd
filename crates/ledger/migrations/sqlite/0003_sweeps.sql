-- How far each shop has been reconciled, and what tells the reconciler which orders to look at again.

CREATE TABLE reconciled (
    store          TEXT NOT NULL PRIMARY KEY,
    swept_to       INTEGER, -- what the shop changed before this was compared with the orders here
    rules          TEXT,    -- fingerprint of the rules by which what is kept out was told to be judged
    rules_again_at INTEGER  -- when that is told once more
) STRICT;

-- When it was last told that a held order's time has come.
ALTER TABLE orders ADD COLUMN due_told_at INTEGER;

CREATE INDEX orders_kept_out ON orders (store, order_id) WHERE state IN ('filtered', 'held');
