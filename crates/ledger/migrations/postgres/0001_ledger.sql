-- Orders, shipments, stock and the timeline. Every time is in microseconds since 1970, UTC.
-- Ids are compared byte by byte (COLLATE "C"), so that they sort alike on every server.

CREATE TABLE orders (
    store           TEXT COLLATE "C" NOT NULL,
    order_id        TEXT COLLATE "C" NOT NULL,
    platform        TEXT NOT NULL,
    number          TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    shop_status     TEXT NOT NULL,
    placed_at       BIGINT NOT NULL,
    modified_at     BIGINT NOT NULL,
    released        TEXT,   -- the order as the warehouse gets it, JSON; from 'releasing' on
    releasing_until BIGINT, -- until then one process releases it, and the others wait
    released_at     BIGINT, -- when the broker confirmed it
    answered_at     BIGINT, -- when the warehouse gave the answer that stands
    accepted_at     BIGINT, -- when it took the order, if that is what stands
    test            BOOLEAN NOT NULL,
    PRIMARY KEY (store, order_id)
);

CREATE INDEX orders_by_shops_id ON orders (order_id);
CREATE INDEX orders_by_age ON orders (placed_at);

-- What was released, summed by SKU. Quantities have 32 bits: no sum of fewer than 2^31 lines overflows.
CREATE TABLE order_lines (
    store    TEXT COLLATE "C" NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL,
    sku      TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 4294967295),
    gone_at  BIGINT NOT NULL DEFAULT 9223372036854775807, -- when the last of it left; never, as long as some is here
    PRIMARY KEY (store, order_id, sku),
    FOREIGN KEY (store, order_id) REFERENCES orders (store, order_id)
);

-- A count asks for the lines that were not gone by then: so the many that left long ago are never read.
CREATE INDEX order_lines_by_leaving ON order_lines (sku, gone_at);

CREATE TABLE shipments (
    shipment_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    store          TEXT COLLATE "C" NOT NULL,
    order_id       TEXT COLLATE "C" NOT NULL,
    told           TEXT NOT NULL, -- as the warehouse told it, JSON
    completes      BOOLEAN NOT NULL,
    state          TEXT NOT NULL,
    dispatched_at  BIGINT NOT NULL,
    shop_shipments TEXT,          -- the shop's ids of it, JSON
    FOREIGN KEY (store, order_id) REFERENCES orders (store, order_id)
);

CREATE INDEX shipments_by_order ON shipments (store, order_id);

-- What is in a shipment, summed by SKU, in the order in which the warehouse named it.
CREATE TABLE shipment_lines (
    shipment_id TEXT COLLATE "C" NOT NULL REFERENCES shipments (shipment_id),
    sku         TEXT COLLATE "C" NOT NULL,
    position    BIGINT NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 4294967295),
    PRIMARY KEY (shipment_id, sku)
);

CREATE TABLE stock (
    sku        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    on_hand    BIGINT NOT NULL,
    allocated  BIGINT,
    counted_at BIGINT NOT NULL
);

-- What a shop was last told.
CREATE TABLE pushed (
    store TEXT COLLATE "C" NOT NULL,
    sku   TEXT COLLATE "C" NOT NULL,
    units BIGINT NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (store, sku)
);

-- SKUs whose listings are known; one without a row in `listings` is not sold there.
CREATE TABLE looked_up (
    store TEXT COLLATE "C" NOT NULL,
    sku   TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (store, sku)
);

CREATE TABLE listings (
    store      TEXT COLLATE "C" NOT NULL,
    sku        TEXT COLLATE "C" NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL,
    variant_id TEXT COLLATE "C",
    tracked    BOOLEAN NOT NULL,
    FOREIGN KEY (store, sku) REFERENCES looked_up (store, sku) ON DELETE CASCADE
);

CREATE INDEX listings_by_sku ON listings (store, sku);
CREATE INDEX listings_by_product ON listings (store, product_id);

-- What only the holder may do until then.
CREATE TABLE leases (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);

CREATE INDEX leases_by_expiry ON leases (until);

-- No foreign key: an order that has no record yet may be told of.
CREATE TABLE timeline (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store    TEXT COLLATE "C" NOT NULL,
    order_id TEXT COLLATE "C" NOT NULL,
    key      TEXT NOT NULL,
    at       BIGINT NOT NULL,
    role     TEXT NOT NULL,
    what     TEXT NOT NULL,
    cause    TEXT NOT NULL,
    UNIQUE (store, order_id, key)
);

-- Orders that have no record are found by the shop's id alone.
CREATE INDEX timeline_by_shops_id ON timeline (order_id);
