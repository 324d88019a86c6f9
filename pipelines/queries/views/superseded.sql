-- The scans of an artifact that no longer speak for it: the versions of the extractor before the one of the current scan.
WITH mixed AS (
    SELECT artifact_id
    FROM scans
    WHERE outcome IN ('ok', 'partial')
    GROUP BY artifact_id
    HAVING min(extractor) <> max(extractor)
)
SELECT DISTINCT artifact_id, extractor
FROM (
    SELECT
        s.artifact_id, s.extractor,
        first_value(s.extractor) OVER (PARTITION BY s.artifact_id ORDER BY s.started_at DESC, s.scan_id DESC) AS speaking
    FROM scans AS s
    JOIN mixed AS m ON m.artifact_id = s.artifact_id
    WHERE s.outcome IN ('ok', 'partial')
) AS attempts
WHERE extractor <> speaking
