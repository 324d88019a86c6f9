-- Where a project calls X: every place in its files, with what qualifies it.
--   project: a normalized name
--   value: a call as in os.chmod, or a native symbol as in chmod
SELECT
    a.version,
    a.filename,
    m.path,
    f.line,
    f."count",
    CASE f.phase
        WHEN 0 THEN 'startup' WHEN 1 THEN 'install' WHEN 2 THEN 'import' WHEN 3 THEN 'call'
        WHEN 4 THEN 'script' WHEN 5 THEN 'native' ELSE 'never'
    END AS phase,
    CASE f.role
        WHEN 0 THEN 'runtime' WHEN 1 THEN 'build' WHEN 2 THEN 'vendored' WHEN 3 THEN 'bundled' WHEN 4 THEN 'test'
        WHEN 5 THEN 'doc' WHEN 6 THEN 'example' WHEN 7 THEN 'stub' ELSE 'data'
    END AS role,
    CASE f.how
        WHEN 0 THEN 'resolved' WHEN 1 THEN 'folded' WHEN 2 THEN 'decoded' WHEN 3 THEN 'text' ELSE 'string'
    END AS how
FROM (SELECT DISTINCT artifact_id, version, filename FROM artifacts WHERE project = $project) AS a
JOIN facts AS f ON f.artifact_id = a.artifact_id
JOIN (SELECT DISTINCT term_id FROM terms WHERE value = $value AND kind IN ('call', 'symbol')) AS t ON t.term_id = f.term_id
JOIN members AS m ON m.artifact_id = f.artifact_id AND m.extractor = f.extractor AND m.member = f.member
LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
WHERE s.artifact_id IS NULL
ORDER BY a.version, a.filename, m.path, f.line, phase, how
