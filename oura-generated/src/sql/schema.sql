CREATE TABLE IF NOT EXISTS oura_tokens (
    application TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token TEXT,
    holder TEXT,
    held_until BIGINT,
    PRIMARY KEY (application, user_id)
);

CREATE TABLE IF NOT EXISTS oura_events (
    application TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    event TEXT,
    seen_at BIGINT NOT NULL,
    holder TEXT,
    held_until BIGINT,
    PRIMARY KEY (application, fingerprint)
);
CREATE INDEX IF NOT EXISTS oura_events_by_time ON oura_events (application, seen_at);

CREATE TABLE IF NOT EXISTS oura_rate_limits (
    application TEXT NOT NULL PRIMARY KEY,
    slots TEXT NOT NULL,
    closed_until BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS oura_documents (
    user_id TEXT NOT NULL,
    resource TEXT NOT NULL,
    record_key TEXT NOT NULL,
    day TEXT,
    moment BIGINT,
    json TEXT NOT NULL,
    PRIMARY KEY (user_id, resource, record_key)
);
CREATE INDEX IF NOT EXISTS oura_documents_by_day ON oura_documents (user_id, resource, day);
CREATE INDEX IF NOT EXISTS oura_documents_by_moment ON oura_documents (user_id, resource, moment);

CREATE TABLE IF NOT EXISTS oura_checkpoints (
    user_id TEXT NOT NULL,
    resource TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    PRIMARY KEY (user_id, resource)
);
