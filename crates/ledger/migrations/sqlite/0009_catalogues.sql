-- The shops' whole catalogues, in place of what was looked up SKU by SKU: they are read once, before the next push.
DROP TABLE listings;
DROP TABLE looked_up;

CREATE TABLE catalogues (
    store    TEXT NOT NULL PRIMARY KEY,
    as_of    INTEGER, -- when the last whole reading began; none: there is none to rely on
    began_at INTEGER, -- when the reading that is under way began
    place    TEXT     -- where that goes on, in the platform's own terms; none: at the beginning
) STRICT;

CREATE TABLE listings (
    store      TEXT NOT NULL,
    product_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,    -- empty where the product itself is sold
    sku        TEXT NOT NULL,
    stock      TEXT NOT NULL,    -- how the shop keeps its stock
    read_at    INTEGER NOT NULL, -- when the reading that saw it last began
    PRIMARY KEY (store, product_id, variant_id)
) STRICT;

CREATE INDEX listings_by_sku ON listings (store, sku);

-- Our own writes to products of which the shop has not told yet.
CREATE TABLE echoes (
    store      TEXT NOT NULL,
    product_id TEXT NOT NULL,
    expected   INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (store, product_id)
) STRICT;

-- Quantities that a shop refused for good: not tried again at each change.
CREATE TABLE refused_stock (
    store TEXT NOT NULL,
    sku   TEXT NOT NULL,
    why   TEXT NOT NULL, -- in the shop's own words
    at    INTEGER NOT NULL,
    PRIMARY KEY (store, sku)
) STRICT;

-- The last of the shop's days whose full push was asked for, as 2026-11-20.
ALTER TABLE reconciled ADD COLUMN stock_day TEXT;
