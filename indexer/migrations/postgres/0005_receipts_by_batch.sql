-- A batch's receipts are numbered one after the other from its first_receipt
-- on, so a receipt is found by its batch, without an index of its own that
-- every receipt would have to enter.
DROP INDEX receipts_by_place;
