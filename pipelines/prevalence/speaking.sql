-- The scans that speak for the files that can speak for a project under any policy: what findings are made for.
--   in:  candidate (artifact_id), current_scans
--   out: artifact_id, extractor
SELECT s.artifact_id, s.extractor
FROM current_scans AS s
JOIN candidate AS c ON c.artifact_id = s.artifact_id
