-- Lists of orders, the latest first: of all shops, of one, in one state. Each is read from its index, without sorting.

DROP INDEX orders_by_age;
CREATE INDEX orders_by_age ON orders (placed_at DESC, store, order_id);
CREATE INDEX orders_of_shop_by_age ON orders (store, placed_at DESC, order_id);
CREATE INDEX orders_in_state_by_age ON orders (state, placed_at DESC, store, order_id);
