-- The files that the index holds now, of projects that are there.
SELECT
    a.run_id, a.seen_at, a.serial, a.artifact_id, a.project_id, a.project, a.version, a.filename, a.sha256, a.packagetype,
    a.python_tag, a.abi_tag, a.platform_tag, a.size, a.upload_time, a.requires_python, a.yanked, a.yanked_reason, a.url, a.provenance
FROM newest_artifacts AS a
JOIN current_projects AS p ON p.project_id = a.project_id
WHERE a.status = 'active' AND p.status IN ('active', 'archived')
