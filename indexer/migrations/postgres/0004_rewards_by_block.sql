-- The stream of events reads what one block paid.
CREATE INDEX rewards_by_block ON rewards (block, event);
