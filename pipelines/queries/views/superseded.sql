-- The scans of an artifact that no longer speak for it: the versions of the extractor before the one of the current scan.
WITH mixed AS (
    SELECT artifact_id
    FROM scans
    WHERE outcome IN ('ok', 'partial')
    GROUP BY artifact_id
    HAVING min(extractor) <> max(extractor)
),
attempts AS (
    SELECT
        s.artifact_id, s.extractor,
        row_number() OVER (PARTITION BY s.artifact_id ORDER BY s.started_at DESC, s.scan_id DESC) AS newest
    FROM scans AS s
    JOIN mixed AS m ON m.artifact_id = s.artifact_id
    WHERE s.outcome IN ('ok', 'partial')
)
SELECT DISTINCT a.artifact_id, a.extractor
FROM attempts AS a
JOIN attempts AS c ON c.artifact_id = a.artifact_id AND c.newest = 1
WHERE a.extractor <> c.extractor
