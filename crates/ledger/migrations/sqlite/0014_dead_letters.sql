-- What could not be done, what people did about it, and how its replays went. Every time is in microseconds since 1970, UTC.

CREATE TABLE dead_letters (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    role            TEXT NOT NULL,
    message_id      TEXT NOT NULL,
    store           TEXT NOT NULL,
    subject         TEXT,
    kind            TEXT NOT NULL,
    class           TEXT NOT NULL,
    cause_group     TEXT NOT NULL,    -- short name of role, store, class and cause
    attempts        INTEGER NOT NULL,
    failures        INTEGER NOT NULL,
    first_failed_at INTEGER NOT NULL,
    last_failed_at  INTEGER NOT NULL,
    state           TEXT NOT NULL,
    changed_at      INTEGER NOT NULL, -- since when it stands so
    round           INTEGER NOT NULL, -- of its last sending; 0 before the first
    answered        INTEGER NOT NULL, -- whether it is known what became of that
    confirmed       INTEGER NOT NULL, -- whether RabbitMQ has confirmed that
    replay          INTEGER,          -- the act that had it queued last
    discarding      INTEGER,          -- the act that gave it up last
    was             TEXT,             -- how it stood before that
    UNIQUE (role, message_id)
) STRICT;

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
    letter       INTEGER NOT NULL PRIMARY KEY REFERENCES dead_letters (id) ON DELETE CASCADE,
    chain        TEXT NOT NULL,
    cause        TEXT NOT NULL, -- the chain with numbers and ids masked
    content_type TEXT NOT NULL,
    properties   TEXT NOT NULL, -- JSON
    body         BLOB NOT NULL,
    edited_body  BLOB          -- replayed in place of the body
) STRICT;

-- When each of them failed: a failure that comes off the queue twice is one.
CREATE TABLE dead_letter_failures (
    letter    INTEGER NOT NULL REFERENCES dead_letters (id) ON DELETE CASCADE,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (letter, failed_at)
) STRICT, WITHOUT ROWID;

-- The trail: what was done at the desk, by whom.
CREATE TABLE dead_letter_acts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    who       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    note      TEXT NOT NULL,
    letters   INTEGER NOT NULL, -- to how many
    act_of    INTEGER,          -- on which earlier act
    cancelled INTEGER NOT NULL  -- a replay that was, and was not resumed
) STRICT;

-- To which dead letters it was done, and what became of each in a replay. No foreign keys: a hundred thousand may be
-- put down at once.
CREATE TABLE dead_letter_act_letters (
    act     INTEGER NOT NULL,
    letter  INTEGER NOT NULL,
    outcome TEXT,             -- of a replay: 'queued', 'sent', 'done', 'dead', 'left'
    at      INTEGER NOT NULL, -- of the outcome
    PRIMARY KEY (act, letter)
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letter_act_letters_by_letter ON dead_letter_act_letters (letter, act);
CREATE INDEX dead_letter_act_letters_by_outcome ON dead_letter_act_letters (act, outcome, at);

-- What became of dead letters in replays, when these are not known any more.
CREATE TABLE dead_letter_forgotten (
    act     INTEGER NOT NULL REFERENCES dead_letter_acts (id),
    outcome TEXT NOT NULL,
    letters INTEGER NOT NULL, -- how many
    at      INTEGER NOT NULL, -- of the last one's outcome
    PRIMARY KEY (act, outcome)
) STRICT, WITHOUT ROWID;

-- In which order messages about one subject fell, where their order is kept. A row may be older than its dead letter, which comes by queue.
CREATE TABLE fallen (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    role       TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    at         INTEGER NOT NULL,
    lies       INTEGER NOT NULL, -- false once it was discarded
    UNIQUE (role, message_id)
) STRICT;

CREATE INDEX fallen_by_subject ON fallen (role, subject, id);

-- One row, kept by whoever changes dead letters: one transaction at a time does, so none waits for another in a circle.
CREATE TABLE dead_letter_desk (
    id INTEGER NOT NULL PRIMARY KEY
) STRICT;

INSERT INTO dead_letter_desk (id) VALUES (1);
