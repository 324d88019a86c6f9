-- What gaps could hide: for each project, in which roles something of the files that speak for it was not read (bit n for role n;
-- all of them where it may be in any). A file that could not be read at all hides everything.
--   in:  voice, gaps, gap_kind (what, hides), role_bit (role, bit), members
--   out: project_id, roles
SELECT h.project_id, sum(h."bit") AS roles
FROM (
    SELECT DISTINCT g.project_id, h."bit"
    FROM (
        SELECT v.project_id, m.role
        FROM voice AS v
        JOIN gaps AS g ON g.artifact_id = v.artifact_id AND g.extractor = v.extractor
        JOIN gap_kind AS k ON k.what = g.what AND k.hides
        LEFT JOIN members AS m ON m.artifact_id = g.artifact_id AND m.extractor = g.extractor AND m.member = g.member
        UNION ALL
        SELECT project_id, NULL AS role FROM voice WHERE extractor IS NULL
    ) AS g
    JOIN role_bit AS h ON h.role = coalesce(g.role, -1)
) AS h
GROUP BY h.project_id
