-- The last of the shop's days whose orders are all accounted for, as 2026-11-20.
ALTER TABLE reconciled ADD COLUMN proved_day TEXT;
