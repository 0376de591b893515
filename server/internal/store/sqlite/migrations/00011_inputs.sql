-- +goose Up
-- Prompt and seed are inputs like all others: a workflow may have neither. What was erased stays so.
ALTER TABLE jobs ADD COLUMN inputs TEXT NOT NULL DEFAULT '{}'; -- JSON, each value with its kind
UPDATE jobs SET inputs = json_set(parameters, '$.prompt', json_object('text', prompt), '$.seed', json_object('seed', json(seed)))
WHERE prompt <> '' OR seed <> '0' OR parameters <> '{}';
ALTER TABLE jobs DROP COLUMN prompt;
ALTER TABLE jobs DROP COLUMN seed;
ALTER TABLE jobs DROP COLUMN parameters;
ALTER TABLE jobs RENAME COLUMN template TO workflow_version;

-- Versions of workflows that jobs were booked with. The form of an older one says what its parameter map did.
CREATE TABLE workflow_versions (
    hash     TEXT PRIMARY KEY,
    workflow TEXT NOT NULL,
    title    TEXT NOT NULL,
    graph    BLOB NOT NULL, -- JSON, as the following
    form     BLOB NOT NULL,
    editor   BLOB,          -- the editor's file
    more     BLOB
) STRICT;

INSERT INTO workflow_versions (hash, workflow, title, graph, form)
SELECT hash, workflow, title, graph, CAST(json_object('inputs', json((
    SELECT json_group_array(json_object(
        'name', b.key,
        'label', upper(substr(replace(b.key, '_', ' '), 1, 1)) || substr(replace(b.key, '_', ' '), 2),
        'role', CASE WHEN b.key IN ('prompt', 'seed') THEN b.key ELSE '' END,
        'kind', CASE b.key WHEN 'prompt' THEN 'text' WHEN 'seed' THEN 'seed' ELSE '' END,
        'min', json(coalesce(b.value -> '$.Min', 'null')),
        'max', json(coalesce(b.value -> '$.Max', 'null')),
        'targets', json((SELECT json_group_array(json_object('node_id', t.value ->> '$.NodeID', 'field', t.value ->> '$.Field'))
                    FROM json_each(b.value, '$.Targets') t))))
    FROM json_each(CAST(templates.bindings AS TEXT)) b))) AS BLOB)
FROM templates;

DROP TABLE templates;
