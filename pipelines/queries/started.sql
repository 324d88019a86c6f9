-- Who started doing X: the projects of which a file uploaded since a date shows the rule, where every file before that was scanned
-- does not.
--   rule: as in execution/create-process
--   since: a day as in 2026-11-01, or an instant
WITH doing AS (
    SELECT DISTINCT f.artifact_id, f.project_id
    FROM findings AS f
    LEFT JOIN superseded AS s ON s.artifact_id = f.artifact_id AND s.extractor = f.extractor
    WHERE f.rule = $rule AND f.counts AND s.artifact_id IS NULL
        AND f.catalog = (SELECT catalog FROM runs WHERE stage = 'prevalence' ORDER BY started_at DESC, run_id DESC LIMIT 1)
),
uploaded AS (
    SELECT a.artifact_id, a.project_id, a.project, a.version, a.filename, min(a.upload_time) AS upload_time
    FROM doing AS d
    JOIN artifacts AS a ON a.project_id = d.project_id
    GROUP BY a.artifact_id, a.project_id, a.project, a.version, a.filename
)
SELECT r.rank, u.project, u.version, u.filename, u.upload_time
FROM uploaded AS u
JOIN doing AS d ON d.artifact_id = u.artifact_id
JOIN (
    SELECT u.project_id
    FROM uploaded AS u
    JOIN current_scans AS s ON s.artifact_id = u.artifact_id
    LEFT JOIN doing AS d ON d.artifact_id = u.artifact_id
    WHERE u.upload_time < CAST($since AS TIMESTAMP WITH TIME ZONE)
    GROUP BY u.project_id
    HAVING count(d.artifact_id) = 0
) AS b ON b.project_id = u.project_id
LEFT JOIN current_ranking AS r ON r.project = u.project
WHERE u.upload_time >= CAST($since AS TIMESTAMP WITH TIME ZONE)
ORDER BY r.rank NULLS LAST, u.project, u.upload_time, u.filename
