-- The newest state of each project.
SELECT run_id, seen_at, serial, project, project_id, status, latest_version, releases, first_upload, last_upload, etag
FROM (
    SELECT
        run_id, seen_at, serial, project, project_id, status, latest_version, releases, first_upload, last_upload, etag,
        row_number() OVER (PARTITION BY project_id, project ORDER BY seen_at DESC, serial DESC, run_id DESC) AS newest
    FROM projects
) AS states
WHERE newest = 1
