-- What changed since a date: the projects that the index has come to hold, has lost, or has another release or state of.
--   since: a day as in 2026-11-01, or an instant
SELECT
    n.project,
    CASE WHEN b.project IS NULL THEN 'new' WHEN n.status <> b.status THEN n.status ELSE 'release' END AS what,
    b.latest_version AS version_before,
    n.latest_version AS version,
    b.status AS status_before,
    n.status,
    n.releases - coalesce(b.releases, 0) AS releases_more
FROM current_projects AS n
LEFT JOIN (
    SELECT p.project, p.status, p.latest_version, p.releases
    FROM projects AS p
    JOIN (
        SELECT project_id, max(seen_at) AS seen_at FROM projects
        WHERE seen_at < CAST($since AS TIMESTAMP WITH TIME ZONE)
        GROUP BY project_id
    ) AS l ON l.project_id = p.project_id AND l.seen_at = p.seen_at
) AS b ON b.project = n.project
WHERE n.seen_at >= CAST($since AS TIMESTAMP WITH TIME ZONE)
    AND (
        b.project IS NULL OR n.status <> b.status OR n.releases <> b.releases
        OR coalesce(n.latest_version, '') <> coalesce(b.latest_version, '')
    )
ORDER BY n.project
