-- What the warehouse has taken of an order over HTTP.

ALTER TABLE orders ADD COLUMN delivered_round INTEGER NOT NULL DEFAULT 0; -- the newest round that it took; 0: none
