-- Somebody wanted the refused order released again when the rules kept it out: it goes as soon as they let it in.
ALTER TABLE orders ADD COLUMN wanted_again BOOLEAN NOT NULL DEFAULT FALSE;
