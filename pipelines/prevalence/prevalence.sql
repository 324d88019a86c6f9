-- The numbers: for each rule and tier, how many of those scanned show it, and in how many others a gap could hide it. The label is
-- that of the share in the whole population; a tier of which too little was scanned has none.
--   in:  rule (n, rule, roles: bit n for each role in which it counts), counted, placed, coverage, hides,
--        threshold (common, uncommon, coverage)
--   out: rule, tier, yes, unknown, scanned, eligible, population, label
WITH shown AS (
    SELECT
        t, n, sum(yes) AS yes, sum(known) AS known, min(first_family) AS first_family, max(last_family) AS last_family
    FROM counted
    GROUP BY t, n
),
masks AS (
    SELECT p.t, h.roles, count(*) AS units
    FROM hides AS h
    JOIN placed AS p ON p.unit = h.project_id
    WHERE p.scanned = 1
    GROUP BY p.t, h.roles
),
hidden AS (
    -- Where something is hidden from a rule, whether it is shown elsewhere or not.
    SELECT m.t, r.n, sum(m.units) AS units
    FROM rule AS r
    JOIN masks AS m ON (r.roles & m.roles) <> 0
    GROUP BY m.t, r.n
),
numbers AS (
    SELECT
        r.n, r.rule, c.tier,
        coalesce(y.yes, 0) AS yes,
        coalesce(h.units, 0) - coalesce(y.known, 0) AS unknown,
        c.scanned, c.eligible, c.population,
        y.first_family, y.last_family
    FROM rule AS r
    CROSS JOIN coverage AS c
    LEFT JOIN shown AS y ON y.n = r.n AND y.t = c.t
    LEFT JOIN hidden AS h ON h.n = r.n AND h.t = c.t
)
SELECT
    n.rule, n.tier, n.yes, n.unknown, n.scanned, n.eligible, n.population,
    CASE
        WHEN a.yes = 0 OR a.scanned < t.coverage * a.eligible OR n.scanned < t.coverage * n.eligible THEN NULL
        WHEN a.first_family = a.last_family THEN 'Unique'
        WHEN a.yes >= t.common * a.scanned THEN 'Common'
        WHEN a.yes >= t.uncommon * a.scanned THEN 'Uncommon'
        ELSE 'Rare'
    END AS label
FROM numbers AS n
JOIN numbers AS a ON a.n = n.n AND a.tier = 'all'
CROSS JOIN threshold AS t
ORDER BY n.rule, n.tier
