-- The newest state of each file of each project, whether the index still holds it or not. A file has one state of an instant. (A
-- window over the states took five times as long as this join.)
SELECT
    a.run_id, a.seen_at, a.serial, a.artifact_id, a.project_id, a.project, a.version, a.filename, a.sha256, a.packagetype, a.python_tag,
    a.abi_tag, a.platform_tag, a.size, a.upload_time, a.requires_python, a.yanked, a.yanked_reason, a.status, a.url, a.provenance
FROM artifacts AS a
JOIN (
    SELECT project_id, filename, max(seen_at) AS seen_at FROM artifacts GROUP BY project_id, filename
) AS n ON n.project_id = a.project_id AND n.filename = a.filename AND n.seen_at = a.seen_at
