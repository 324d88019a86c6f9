-- Every fact in words, as the scans that speak for their artifacts saw it: which project shows what, where, and what qualifies it.
-- What no current release needs is in `facts_history`.
SELECT
    a.project,
    a.version,
    a.filename,
    m.path,
    t.kind,
    t.value,
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
    END AS how,
    f."count",
    f.line,
    f.artifact_id,
    f.member,
    f.term_id
FROM facts AS f
JOIN (SELECT DISTINCT term_id, kind, value FROM terms) AS t ON t.term_id = f.term_id
JOIN members AS m ON m.artifact_id = f.artifact_id AND m.extractor = f.extractor AND m.member = f.member
JOIN (SELECT DISTINCT artifact_id, project, version, filename FROM artifacts) AS a ON a.artifact_id = f.artifact_id
LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
WHERE s.artifact_id IS NULL
