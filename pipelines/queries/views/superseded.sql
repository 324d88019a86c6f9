-- The scans of an artifact that no longer speak for it: the versions of the extractor before the one of the current scan.
SELECT DISTINCT s.artifact_id, s.extractor
FROM scans AS s
JOIN current_scans AS c ON c.artifact_id = s.artifact_id
WHERE s.outcome IN ('ok', 'partial') AND s.extractor <> c.extractor
