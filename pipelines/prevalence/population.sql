-- The projects that numbers are about: every project of the index snapshot, and ranked ones that it lacks, within the tiers or
-- asked for.
--   in:  current_projects, current_ranking, tier (tier, cut)
--   out: project, project_id (null where the index lacks it), status, rank (null where unranked)
SELECT
    coalesce(p.project, r.project) AS project,
    p.project_id,
    coalesce(p.status, 'absent') AS status,
    r.rank
FROM (SELECT project, project_id, status FROM current_projects WHERE status NOT IN ('absent', 'deleted')) AS p
FULL OUTER JOIN (
    SELECT project, rank FROM current_ranking WHERE rank <= (SELECT max(cut) FROM tier)
    UNION
    SELECT k.project, k.rank FROM current_ranking AS k JOIN current_projects AS c ON c.project = k.project
) AS r ON r.project = p.project
