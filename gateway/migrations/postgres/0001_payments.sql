-- Payments, and the outbox that carries each of them to the chain exactly once.
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    merchant BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    -- Fingerprint of the request, to tell a retry from a different request under the same key.
    fingerprint TEXT NOT NULL,
    device BIGINT NOT NULL,
    method TEXT NOT NULL,
    channel TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 281474976710655),
    customer BIGINT,
    reference BYTEA NOT NULL,
    -- The ticket as the customer signed it (JSON), kept to open the receipt on demand.
    ticket TEXT,
    state TEXT NOT NULL CHECK (state IN ('paid')),
    at_ms BIGINT NOT NULL,
    -- Order of arrival at this device; the order in which receipts are batched.
    arrival BIGINT NOT NULL,
    batch_seq BIGINT,
    batch_position BIGINT,
    UNIQUE (merchant, idempotency_key),
    UNIQUE (device, arrival),
    UNIQUE (device, batch_seq, batch_position)
);

CREATE INDEX payments_unbatched ON payments (device, arrival) WHERE batch_seq IS NULL;

CREATE TABLE batches (
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    count BIGINT NOT NULL,
    payload BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    recorded BIGINT NOT NULL DEFAULT 0,
    -- Block that holds it; empty when it was found on chain after a restart.
    block BIGINT,
    PRIMARY KEY (device, seq)
);

CREATE INDEX batches_unrecorded ON batches (device, seq) WHERE recorded = 0;
