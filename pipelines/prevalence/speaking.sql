-- The scans that speak for files that can be counted: what findings are made for.
--   in:  candidate (artifact_id), current_scans
--   out: artifact_id, extractor
SELECT s.artifact_id, s.extractor
FROM current_scans AS s
JOIN candidate AS c ON c.artifact_id = s.artifact_id
