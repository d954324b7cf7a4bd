-- What may be at a warehouse that takes its orders over HTTP.

ALTER TABLE orders ADD COLUMN posted_round BIGINT NOT NULL DEFAULT 0;  -- the newest round of which a request was begun; 0: none
ALTER TABLE orders ADD COLUMN release_round BIGINT NOT NULL DEFAULT 1; -- the round of the newest release, once there is one

-- Since when nobody but Crossdock takes orders off the queue: one row, or none where the warehouse does it itself.
CREATE TABLE posting (
    one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL
);

-- Of what was released by now a request may have been begun: nobody put that down.
UPDATE orders SET posted_round = 1 WHERE released IS NOT NULL;

-- The timeline knows which round was a release, once that was confirmed.
UPDATE orders
SET release_round = CASE untold WHEN 'release' THEN round ELSE COALESCE(
    (SELECT MAX(CAST(substr(told.key, 15) AS BIGINT)) FROM timeline AS told
     WHERE told.store = orders.store AND told.order_id = orders.order_id
         AND told.key LIKE 'told in round %' AND told.what LIKE 'released to the warehouse as %'), 1) END
WHERE round > 1;

-- The first release that was done with over HTTP, if any was: the queue keeps its sequence, so all that came after it were ours too.
INSERT INTO posting (one, since)
SELECT 1, first.released_at - 1
FROM (SELECT MIN(released_at) AS released_at FROM orders WHERE delivered_round = 1) AS first
WHERE first.released_at IS NOT NULL;
