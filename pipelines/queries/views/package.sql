-- One row a project: its state, the metadata of one file of its newest release (a wheel where there is one), and the behaviors
-- that this release shows where they count.
SELECT
    p.project,
    p.status,
    r.rank,
    p.latest_version AS version,
    p.releases,
    p.first_upload,
    p.last_upload,
    f.filename,
    f.outcome,
    f.members,
    f.summary,
    f.license_expression,
    f.license_files,
    f.homepage,
    f.repository,
    f.author_domain,
    f.maintainer_domain,
    f.requires_python,
    f.build_backend,
    b.behaviors
FROM current_projects AS p
LEFT JOIN current_ranking AS r ON r.project = p.project
LEFT JOIN (
    SELECT
        project_id, filename, outcome, members, summary, license_expression, license_files, homepage, repository, author_domain,
        maintainer_domain, requires_python, build_backend,
        row_number() OVER (PARTITION BY project_id ORDER BY packagetype, filename) AS place
    FROM package_files
    WHERE version = latest_version
) AS f ON f.project_id = p.project_id AND f.place = 1
LEFT JOIN (
    SELECT project, version, array_agg(DISTINCT rule ORDER BY rule) AS behaviors
    FROM shown
    WHERE counts AND coalesce(verdict, '') <> 'false'
    GROUP BY project, version
) AS b ON b.project = p.project AND b.version = p.latest_version
