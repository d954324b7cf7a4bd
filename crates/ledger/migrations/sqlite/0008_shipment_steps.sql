-- Consignments that are told with another label, or taken back. A consignment that is taken back has no lines: its units are open again.

ALTER TABLE shipments ADD COLUMN told_at INTEGER;                   -- when the warehouse told what stands
ALTER TABLE shipments ADD COLUMN former TEXT NOT NULL DEFAULT '[]'; -- as it was told before that, the oldest first, JSON
ALTER TABLE shipments ADD COLUMN status_before TEXT;                -- the order's status at the shop before anything of it was written there

UPDATE shipments SET told_at = dispatched_at;

-- Consignments that were voided before they were told.
CREATE TABLE voided_untold (
    shipment_id TEXT NOT NULL,
    store       TEXT NOT NULL,
    order_id    TEXT NOT NULL,
    voided_at   INTEGER NOT NULL, -- when the warehouse told that
    PRIMARY KEY (shipment_id, store, order_id),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, order_id)
) STRICT;
