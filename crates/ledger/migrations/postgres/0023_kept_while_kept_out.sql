-- What is kept for an order that waits at the shop for a status that lets it in is put down when it is judged. Those that were judged before
-- that was so are judged again at once.
UPDATE orders SET due_at = 0, due_told_at = NULL
WHERE state = 'filtered'
  AND (reason LIKE 'payment_status: %' OR reason IN (
      'status: awaiting_payment', 'status: manual_verification_required', 'status: awaiting_fulfillment',
      'status: awaiting_shipment', 'fulfillment_status: AWAITING_PROCESSING', 'fulfillment_status: PROCESSING'
  ));
