-- The scan that speaks for each artifact: the newest that was read, in full or in part. No two begin at one instant.
SELECT
    s.scan_id, s.run_id, s.artifact_id, s.extractor, s.outcome, s.reason, s.members, s.bytes_packed, s.bytes_unpacked, s.duration_ms,
    s.started_at
FROM scans AS s
JOIN (
    SELECT artifact_id, max(started_at) AS started_at FROM scans WHERE outcome IN ('ok', 'partial') GROUP BY artifact_id
) AS n ON n.artifact_id = s.artifact_id AND n.started_at = s.started_at
WHERE s.outcome IN ('ok', 'partial')
