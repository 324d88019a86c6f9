-- What gaps could hide: for each scanned project, in which roles something was not read (a role's code; 9 where it may be
-- in any), gaps of its chosen artifacts and chosen artifacts that could not be read at all.
--   in:  chosen, current_scans, gaps, gap_kind (what, hides), members
--   out: project_id, role (one row a role)
SELECT DISTINCT c.project_id, CAST(coalesce(m.role, 9) AS TINYINT) AS role
FROM chosen AS c
JOIN gaps AS g ON g.artifact_id = c.artifact_id
JOIN gap_kind AS k ON k.what = g.what AND k.hides
LEFT JOIN members AS m ON m.artifact_id = g.artifact_id AND m.member = g.member
UNION
SELECT c.project_id, CAST(9 AS TINYINT) AS role
FROM chosen AS c
LEFT JOIN current_scans AS s ON s.artifact_id = c.artifact_id
WHERE s.artifact_id IS NULL
