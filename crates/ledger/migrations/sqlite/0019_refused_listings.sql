-- What a shop refuses is kept by listing: of a SKU that it lists twice, one place may be refused and the other goes on. What was refused by
-- SKU is dropped: it is told once more with the next comparison, and refused again where the shop still does.
ALTER TABLE listings ADD COLUMN refused TEXT;       -- why the shop refuses the quantity, in its own words; none: it does not
ALTER TABLE listings ADD COLUMN refused_at INTEGER; -- when it did

CREATE INDEX refused_listings ON listings (store, sku) WHERE refused IS NOT NULL;

DROP TABLE refused_stock;
