-- The facts that stay at hand: those of the files of each project's current release, by the extractor that speaks for them. The facts
-- of other files and of other extractors are history.
SELECT DISTINCT s.artifact_id, s.extractor
FROM current_scans AS s
JOIN newest_artifacts AS a ON a.artifact_id = s.artifact_id
JOIN current_projects AS p ON p.project_id = a.project_id AND p.latest_version = a.version
