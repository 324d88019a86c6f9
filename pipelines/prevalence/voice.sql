-- The files that speak for each project under the policy, and how far each was read: the scan is null where it was not.
--   in:  chosen (project_id, artifact_id), current_scans
--   out: project_id, artifact_id, extractor, outcome
SELECT c.project_id, c.artifact_id, s.extractor, s.outcome
FROM chosen AS c
LEFT JOIN current_scans AS s ON s.artifact_id = c.artifact_id
