-- The same for families: as its best-ranked project, eligible and scanned where any of its projects is.
--   in:  standing_of_projects
--   out: as standing, the family in place of the project
SELECT
    family AS unit, family, min(rank) AS rank, min(absent) AS absent, max(eligible) AS eligible, max(scanned) AS scanned,
    max(partly) AS partly,
    CASE WHEN max(scanned) = 0 THEN max(why) END AS why
FROM standing_of_projects
WHERE family IS NOT NULL
GROUP BY family
UNION ALL
SELECT unit, family, rank, absent, eligible, scanned, partly, why FROM standing_of_projects WHERE family IS NULL
