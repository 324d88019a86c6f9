-- The scan that speaks for each artifact: the newest that was read, in full or in part.
SELECT scan_id, run_id, artifact_id, extractor, outcome, reason, members, bytes_packed, bytes_unpacked, duration_ms, started_at
FROM (
    SELECT
        scan_id, run_id, artifact_id, extractor, outcome, reason, members, bytes_packed, bytes_unpacked, duration_ms, started_at,
        row_number() OVER (PARTITION BY artifact_id ORDER BY started_at DESC, scan_id DESC) AS newest
    FROM scans
    WHERE outcome IN ('ok', 'partial')
) AS attempts
WHERE newest = 1
