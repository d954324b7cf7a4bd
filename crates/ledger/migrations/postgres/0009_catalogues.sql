-- The shops' whole catalogues, in place of what was looked up SKU by SKU: they are read once, before the next push.
DROP TABLE listings;
DROP TABLE looked_up;

CREATE TABLE catalogues (
    store    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    as_of    BIGINT, -- when the last whole reading began; none: there is none to rely on
    began_at BIGINT, -- when the reading that is under way began
    place    TEXT     -- where that goes on, in the platform's own terms; none: at the beginning
);

CREATE TABLE listings (
    store      TEXT COLLATE "C" NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL,
    variant_id TEXT COLLATE "C" NOT NULL,    -- empty where the product itself is sold
    sku        TEXT COLLATE "C" NOT NULL,
    stock      TEXT NOT NULL,    -- how the shop keeps its stock
    read_at    BIGINT NOT NULL, -- when the reading that saw it last began
    PRIMARY KEY (store, product_id, variant_id)
);

CREATE INDEX listings_by_sku ON listings (store, sku);

-- Our own writes to products of which the shop has not told yet.
CREATE TABLE echoes (
    store      TEXT COLLATE "C" NOT NULL,
    product_id TEXT COLLATE "C" NOT NULL,
    expected   BIGINT NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (store, product_id)
);

-- Quantities that a shop refused for good: not tried again at each change.
CREATE TABLE refused_stock (
    store TEXT COLLATE "C" NOT NULL,
    sku   TEXT COLLATE "C" NOT NULL,
    why   TEXT NOT NULL, -- in the shop's own words
    at    BIGINT NOT NULL,
    PRIMARY KEY (store, sku)
);

-- The last of the shop's days whose full push was asked for, as 2026-11-20.
ALTER TABLE reconciled ADD COLUMN stock_day TEXT;
