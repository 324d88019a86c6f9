-- What a project shows and how rare each thing is: the rules that its newest release shows where they count, the rarest first, with
-- the share of the scanned projects of the whole population that do (policy `installed`), and the first evidence.
--   project: a normalized name
SELECT
    f.rule,
    r.sentence,
    n.label,
    n.yes,
    n.scanned,
    a.filename,
    m.path,
    f.line,
    t.kind,
    t.value
FROM (
    SELECT project_id, latest_version
    FROM projects
    WHERE project = $project
    ORDER BY seen_at DESC, serial DESC, run_id DESC
    LIMIT 1
) AS p
JOIN (SELECT DISTINCT artifact_id, project_id, version, filename FROM artifacts WHERE project = $project) AS a
    ON a.project_id = p.project_id AND a.version = p.latest_version
JOIN findings AS f ON f.artifact_id = a.artifact_id
JOIN members AS m ON m.artifact_id = f.artifact_id AND m.extractor = f.extractor AND m.member = f.member
JOIN current_rules AS r ON r.rule = f.rule
LEFT JOIN (SELECT DISTINCT term_id, kind, value FROM terms) AS t ON t.term_id = f.term_id
LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
LEFT JOIN latest_prevalence AS n ON n.rule = f.rule AND n.tier = 'all' AND n.policy = 'installed' AND n.unit = 'project'
WHERE f.counts AND s.artifact_id IS NULL
    AND f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
ORDER BY n.yes NULLS FIRST, f.rule, a.filename
