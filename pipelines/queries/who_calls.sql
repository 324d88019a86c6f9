-- Who calls X: the projects that do in a file of theirs, the most downloaded 1,000 of them, and when it would run at the soonest.
--   value: a call as in os.chmod, or a native symbol as in chmod
SELECT
    r.rank,
    p.project,
    c.artifacts,
    c.files,
    c.times,
    CASE c.phase
        WHEN 0 THEN 'startup' WHEN 1 THEN 'install' WHEN 2 THEN 'import' WHEN 3 THEN 'call'
        WHEN 4 THEN 'script' WHEN 5 THEN 'native' ELSE 'never'
    END AS phase
FROM (
    SELECT
        f.project_id, count(DISTINCT f.artifact_id) AS artifacts, count(*) AS files, sum(f.times) AS times, min(f.phase) AS phase
    FROM (
        SELECT f.project_id, f.artifact_id, f.extractor, f.member, sum(f."count") AS times, min(f.phase) AS phase
        FROM (SELECT DISTINCT term_id FROM terms WHERE value = $value AND kind IN ('call', 'symbol')) AS t
        JOIN facts AS f ON f.term_id = t.term_id
        GROUP BY f.project_id, f.artifact_id, f.extractor, f.member
    ) AS f
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE s.artifact_id IS NULL
    GROUP BY f.project_id
) AS c
JOIN (SELECT DISTINCT project_id, project FROM projects) AS p ON p.project_id = c.project_id
LEFT JOIN current_ranking AS r ON r.project = p.project
ORDER BY r.rank NULLS LAST, p.project
LIMIT 1000
