-- What could not be done, what people did about it, and how its replays went. Every time is in microseconds since 1970, UTC.

CREATE TABLE dead_letters (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role            TEXT COLLATE "C" NOT NULL,
    message_id      TEXT COLLATE "C" NOT NULL,
    store           TEXT COLLATE "C" NOT NULL,
    subject         TEXT COLLATE "C",
    kind            TEXT NOT NULL,
    class           TEXT NOT NULL,
    cause_group     TEXT COLLATE "C" NOT NULL,    -- short name of role, store, class and cause
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    first_failed_at BIGINT NOT NULL,
    last_failed_at  BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    changed_at      BIGINT NOT NULL, -- since when it stands so
    round           BIGINT NOT NULL, -- of its last sending; 0 before the first
    answered        BOOLEAN NOT NULL, -- whether it is known what became of that
    confirmed       BOOLEAN NOT NULL, -- whether RabbitMQ has confirmed that
    replay          BIGINT,          -- the act that had it queued last
    discarding      BIGINT,          -- the act that gave it up last
    was             TEXT,             -- how it stood before that
    UNIQUE (role, message_id)
);

-- Lists, what failed last first.
CREATE INDEX dead_letters_by_age ON dead_letters (last_failed_at, id);
-- All that groups are made of: no row is read for them.
CREATE INDEX dead_letters_by_group ON dead_letters (cause_group, last_failed_at, id, state, first_failed_at);
CREATE INDEX dead_letters_by_subject ON dead_letters (subject, store, role, state, first_failed_at, id);
-- What is to be sent and what is under way, lane by lane.
CREATE INDEX dead_letters_to_send ON dead_letters (role, store, first_failed_at, id, state)
    WHERE state IN ('waiting', 'queued', 'sent');
CREATE INDEX dead_letters_over ON dead_letters (changed_at) WHERE state IN ('done', 'discarded');

-- What it was, and why it failed last: apart from how it stands, which changes in many rows at once.
CREATE TABLE dead_letter_contents (
    letter       BIGINT NOT NULL PRIMARY KEY REFERENCES dead_letters (id) ON DELETE CASCADE,
    chain        TEXT NOT NULL,
    cause        TEXT NOT NULL, -- the chain with numbers and ids masked
    content_type TEXT NOT NULL,
    properties   TEXT NOT NULL, -- JSON
    body         BYTEA NOT NULL,
    edited_body  BYTEA          -- replayed in place of the body
);

-- When each of them failed: a failure that comes off the queue twice is one.
CREATE TABLE dead_letter_failures (
    letter    BIGINT NOT NULL REFERENCES dead_letters (id) ON DELETE CASCADE,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (letter, failed_at)
);

-- The trail: what was done at the desk, by whom.
CREATE TABLE dead_letter_acts (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      TEXT NOT NULL,
    who       TEXT NOT NULL,
    at        BIGINT NOT NULL,
    note      TEXT NOT NULL,
    letters   BIGINT NOT NULL, -- to how many
    act_of    BIGINT,          -- on which earlier act
    cancelled BOOLEAN NOT NULL  -- a replay that was, and was not resumed
);

-- To which dead letters it was done, and what became of each in a replay. No foreign keys: a hundred thousand may be
-- put down at once.
CREATE TABLE dead_letter_act_letters (
    act     BIGINT NOT NULL,
    letter  BIGINT NOT NULL,
    outcome TEXT COLLATE "C",             -- of a replay: 'queued', 'sent', 'done', 'dead', 'left'
    at      BIGINT NOT NULL, -- of the outcome
    PRIMARY KEY (act, letter)
);

CREATE INDEX dead_letter_act_letters_by_letter ON dead_letter_act_letters (letter, act);
CREATE INDEX dead_letter_act_letters_by_outcome ON dead_letter_act_letters (act, outcome, at);

-- What became of dead letters in replays, when these are not known any more.
CREATE TABLE dead_letter_forgotten (
    act     BIGINT NOT NULL REFERENCES dead_letter_acts (id),
    outcome TEXT COLLATE "C" NOT NULL,
    letters BIGINT NOT NULL, -- how many
    at      BIGINT NOT NULL, -- of the last one's outcome
    PRIMARY KEY (act, outcome)
);

-- In which order messages about one subject fell, where their order is kept. A row may be older than its dead letter, which comes by queue.
CREATE TABLE fallen (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role       TEXT COLLATE "C" NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    lies       BOOLEAN NOT NULL, -- false once it was discarded
    UNIQUE (role, message_id)
);

CREATE INDEX fallen_by_subject ON fallen (role, subject, id);

-- One row, kept by whoever changes dead letters: one transaction at a time does, so none waits for another in a circle.
CREATE TABLE dead_letter_desk (
    id BIGINT NOT NULL PRIMARY KEY
);

INSERT INTO dead_letter_desk (id) VALUES (1);
