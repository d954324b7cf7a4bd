-- Pushes of a quantity of which nobody knows yet whether they have reached the shop. Put down before the shop is called, and deleted once
-- its answer is known: what stays here was left unanswered, or its process died, and it may reach the shop after something newer.
CREATE TABLE begun_pushes (
    store    TEXT COLLATE "C" NOT NULL,
    sku      TEXT COLLATE "C" NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (store, sku, began_at)
);

-- What is kept for a held order is put down when it is judged. Those that were judged before that was so are judged again at once; that
-- gives them their hour back.
UPDATE orders SET due_at = 0, due_told_at = NULL
WHERE state = 'held' AND NOT EXISTS (
    SELECT 1 FROM order_lines WHERE order_lines.store = orders.store AND order_lines.order_id = orders.order_id
);
