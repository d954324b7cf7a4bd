-- The shop may have changed the quantity by itself after this push began: whatever becomes of it, it says nothing of what stands there.
ALTER TABLE begun_pushes ADD COLUMN overtaken BOOLEAN NOT NULL DEFAULT FALSE;
