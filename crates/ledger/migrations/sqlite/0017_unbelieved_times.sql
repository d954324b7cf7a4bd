-- Times that are not believed: of tellings that a clock put down that was far ahead, and since when orders are posted.

CREATE INDEX orders_untold ON orders (due_at) WHERE untold IS NOT NULL;

-- 0012 took the first order that was ever posted for the beginning. An order that never was, and that the warehouse has nonetheless
-- answered or sent, was taken off the queue by the warehouse itself: then posting began anew after the last of these.
UPDATE posting SET since = taken.last_released_at
FROM (SELECT MAX(released_at) AS last_released_at FROM orders
      WHERE delivered_round = 0 AND (answered_at IS NOT NULL OR accepted_at IS NOT NULL OR EXISTS (
          SELECT 1 FROM shipments WHERE shipments.store = orders.store AND shipments.order_id = orders.order_id))) AS taken
WHERE since < taken.last_released_at;
