-- From when on a shop's changes were compared with the orders here; none: put down by a version that did not know.
ALTER TABLE reconciled ADD COLUMN swept_from BIGINT;

-- When a person had the shop's webhooks removed: they are not made anew for a while.
ALTER TABLE webhooks ADD COLUMN removed_at BIGINT;

-- Orders of which anything may still come at the shop.
CREATE INDEX orders_open ON orders (store, order_id) WHERE state IN ('held', 'releasing', 'released', 'accepted', 'rejected');
