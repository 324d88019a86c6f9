-- The scanned artifacts that the current catalog has not classified yet. One that shows nothing leaves no row and is looked at again.
--   in:  current_scans, findings, catalog (catalog)
--   out: artifact_id
SELECT s.artifact_id
FROM current_scans AS s
LEFT JOIN (SELECT DISTINCT artifact_id FROM findings WHERE catalog = (SELECT catalog FROM catalog)) AS f ON f.artifact_id = s.artifact_id
WHERE f.artifact_id IS NULL
