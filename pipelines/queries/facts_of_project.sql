-- What the files of a project hold: every call, import, URL, path and other thing seen, how often, and the soonest that it would run.
--   project: a normalized name
SELECT
    t.kind,
    t.value,
    c.artifacts,
    c.times,
    CASE c.phase
        WHEN 0 THEN 'startup' WHEN 1 THEN 'install' WHEN 2 THEN 'import' WHEN 3 THEN 'call'
        WHEN 4 THEN 'script' WHEN 5 THEN 'native' ELSE 'never'
    END AS phase
FROM (
    SELECT f.term_id, count(DISTINCT f.artifact_id) AS artifacts, sum(f."count") AS times, min(f.phase) AS phase
    FROM (SELECT DISTINCT artifact_id FROM artifacts WHERE project = $project) AS a
    JOIN facts AS f ON f.artifact_id = a.artifact_id
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE s.artifact_id IS NULL
    GROUP BY f.term_id
) AS c
JOIN (SELECT DISTINCT term_id, kind, value FROM terms) AS t ON t.term_id = c.term_id
ORDER BY t.kind, t.value
