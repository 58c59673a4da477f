-- Lists of what is open, or in one state, are read without what they leave out.
CREATE INDEX demands_by_state ON demands (state, block, event);
CREATE INDEX offers_open ON offers (offer) WHERE closed_block IS NULL;
CREATE INDEX tasks_open ON tasks (task) WHERE closed_block IS NULL;
CREATE INDEX privileges_open ON privileges (privilege) WHERE closed_block IS NULL;
