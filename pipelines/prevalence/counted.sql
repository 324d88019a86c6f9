-- How many of those scanned show each rule, in each tier: of some of the projects, or of all families. A project's gaps could hide a
-- rule that it shows elsewhere, too: such a one is known.
--   in:  shows, placed, hides, rule (n, roles: bit n for each role in which it counts)
--   out: t (the tier), n, yes, known, first_family, last_family; one or two rows a tier and rule
SELECT p.t, s.n, count(*) AS yes, CAST(0 AS BIGINT) AS known, min(p.family) AS first_family, max(p.family) AS last_family
FROM shows AS s
JOIN placed AS p ON p.unit = s.project_id
WHERE p.scanned = 1
GROUP BY p.t, s.n
UNION ALL
SELECT p.t, s.n, CAST(0 AS BIGINT) AS yes, count(*) AS known, min(p.family) AS first_family, max(p.family) AS last_family
FROM hides AS h
JOIN shows AS s ON s.project_id = h.project_id
JOIN rule AS r ON r.n = s.n AND (r.roles & h.roles) <> 0
JOIN placed AS p ON p.unit = h.project_id
WHERE p.scanned = 1
GROUP BY p.t, s.n
