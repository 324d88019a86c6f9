-- Who shows a rule: the projects with a file in which it counts, the most downloaded 1,000 of them.
--   rule: as in execution/create-process
SELECT
    r.rank,
    p.project,
    c.artifacts,
    c.times,
    CASE c.phase
        WHEN 0 THEN 'startup' WHEN 1 THEN 'install' WHEN 2 THEN 'import' WHEN 3 THEN 'call'
        WHEN 4 THEN 'script' WHEN 5 THEN 'native' ELSE 'never'
    END AS phase
FROM (
    SELECT f.project_id, count(*) AS artifacts, sum(f."count") AS times, min(f.phase) AS phase
    FROM findings AS f
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE f.rule = $rule AND f.counts AND s.artifact_id IS NULL
        AND f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
    GROUP BY f.project_id
) AS c
JOIN (SELECT DISTINCT project_id, project FROM projects) AS p ON p.project_id = c.project_id
LEFT JOIN current_ranking AS r ON r.project = p.project
ORDER BY r.rank NULLS LAST, p.project
LIMIT 1000
