-- The newest state of each project. A project has one state of an instant.
SELECT
    p.run_id, p.seen_at, p.serial, p.project, p.project_id, p.status, p.latest_version, p.releases, p.first_upload, p.last_upload, p.etag
FROM projects AS p
JOIN (SELECT project_id, max(seen_at) AS seen_at FROM projects GROUP BY project_id) AS n
    ON n.project_id = p.project_id AND n.seen_at = p.seen_at
