-- What is kept for an order that waits at the shop for a status that lets it in is put down when it is judged. Those that were judged before
-- that was so are judged again, as after a change of the shop's rules: at once, and once more when every process is of this version.
UPDATE reconciled SET rules = NULL;
