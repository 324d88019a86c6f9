-- Every finding of the newest catalog in words: which artifact shows which rule, with its first evidence, and what a reviewer said
-- of the rule in that project as a whole.
SELECT
    a.project,
    a.version,
    a.filename,
    f.rule,
    f.counts,
    CASE f.phase
        WHEN 0 THEN 'startup' WHEN 1 THEN 'install' WHEN 2 THEN 'import' WHEN 3 THEN 'call'
        WHEN 4 THEN 'script' WHEN 5 THEN 'native' ELSE 'never'
    END AS phase,
    CASE f.role
        WHEN 0 THEN 'runtime' WHEN 1 THEN 'build' WHEN 2 THEN 'vendored' WHEN 3 THEN 'bundled' WHEN 4 THEN 'test'
        WHEN 5 THEN 'doc' WHEN 6 THEN 'example' WHEN 7 THEN 'stub' ELSE 'data'
    END AS role,
    m.path,
    f.line,
    t.kind,
    t.value,
    f."count",
    v.verdict,
    f.artifact_id,
    f.catalog
FROM findings AS f
LEFT JOIN (SELECT DISTINCT term_id, kind, value FROM terms) AS t ON t.term_id = f.term_id
JOIN members AS m ON m.artifact_id = f.artifact_id AND m.extractor = f.extractor AND m.member = f.member
JOIN (SELECT DISTINCT artifact_id, project, version, filename FROM artifacts) AS a ON a.artifact_id = f.artifact_id
LEFT JOIN current_verdicts AS v ON v.project = a.project AND v.rule = f.rule AND v.member_sha256 IS NULL
LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
WHERE f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
    AND s.artifact_id IS NULL
