-- What an order was refused for stands until it is released again, so that whoever judges it sees whether the warehouse has come to know
-- all of it since.
ALTER TABLE unknown_skus ADD COLUMN refused_at INTEGER NOT NULL DEFAULT 0;

UPDATE unknown_skus SET refused_at = COALESCE(
    (SELECT orders.answered_at FROM orders
     WHERE orders.store = unknown_skus.store AND orders.order_id = unknown_skus.order_id), 0);
