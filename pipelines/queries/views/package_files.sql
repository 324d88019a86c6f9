-- One row a file that the index holds and that was read: its project's state, its own metadata, how far it was read.
SELECT
    p.project_id,
    p.project,
    p.status,
    r.rank,
    p.latest_version,
    p.releases,
    p.first_upload,
    p.last_upload,
    a.artifact_id,
    a.version,
    a.filename,
    a.packagetype,
    a.yanked,
    s.extractor,
    s.outcome,
    s.members,
    md.summary,
    md.license_expression,
    md.license_files,
    md.homepage,
    md.repository,
    md.author_domain,
    md.maintainer_domain,
    md.requires_python,
    md.build_backend
FROM current_artifacts AS a
JOIN current_projects AS p ON p.project_id = a.project_id
JOIN current_scans AS s ON s.artifact_id = a.artifact_id
LEFT JOIN current_ranking AS r ON r.project = p.project
LEFT JOIN metadata AS md ON md.artifact_id = s.artifact_id AND md.extractor = s.extractor
