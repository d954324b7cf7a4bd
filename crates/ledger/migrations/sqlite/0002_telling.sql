-- What the warehouse is told of an order after its release, and orders that wait for an hour.

ALTER TABLE orders ADD COLUMN due_at INTEGER;   -- when it is to be looked at again: a held order's hour, or when a telling that is not confirmed by then was abandoned
ALTER TABLE orders ADD COLUMN round INTEGER NOT NULL DEFAULT 0;  -- how often the warehouse had to be told something; 1 is the first release
ALTER TABLE orders ADD COLUMN untold TEXT;                       -- 'release', 'amend' or 'cancel': the warehouse is to be told that, or it is in doubt
ALTER TABLE orders ADD COLUMN changed TEXT;                      -- of 'amend': the fields that changed, JSON
ALTER TABLE orders ADD COLUMN read_at INTEGER;                   -- when the reading that stands began

UPDATE orders SET round = 1 WHERE released IS NOT NULL;
UPDATE orders SET untold = 'release', due_at = COALESCE(releasing_until, 0) WHERE state = 'releasing';

CREATE INDEX orders_by_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- SKUs for which the warehouse refused an order, as long as it does not know them.
CREATE TABLE unknown_skus (
    sku      TEXT NOT NULL,
    store    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (sku, store, order_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, order_id)
) STRICT;

CREATE INDEX unknown_skus_by_order ON unknown_skus (store, order_id);

-- Since when the warehouse knows a SKU that it said it knows: a refusal of before that may come late.
CREATE TABLE known_skus (
    sku   TEXT NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL
) STRICT;
