-- The numbers: for each rule and tier, how many scanned projects show it, and in how many others a gap could hide it.
--   in:  rule (rule, roles: bit n for each role in which it counts), placed, coverage, shows, hides, threshold (common, uncommon, coverage)
--   out: rule, tier, yes, unknown, scanned, eligible, population, label
WITH yes AS (
    SELECT p.tier, s.rule, count(*) AS yes
    FROM placed AS p
    JOIN shows AS s ON s.project_id = p.project_id
    WHERE p.scanned = 1
    GROUP BY p.tier, s.rule
),
hidden AS (
    -- Projects where something is hidden from a rule, whether they show it elsewhere or not.
    SELECT DISTINCT r.rule, h.project_id
    FROM rule AS r
    JOIN hides AS h ON h.role = 9 OR ((r.roles >> h.role) & 1) = 1
),
unknown AS (
    SELECT p.tier, h.rule, count(*) AS unknown
    FROM placed AS p
    JOIN hidden AS h ON h.project_id = p.project_id
    LEFT JOIN shows AS s ON s.project_id = h.project_id AND s.rule = h.rule
    WHERE p.scanned = 1 AND s.project_id IS NULL
    GROUP BY p.tier, h.rule
),
numbers AS (
    SELECT
        r.rule, c.tier,
        coalesce(y.yes, 0) AS yes,
        coalesce(u.unknown, 0) AS unknown,
        c.scanned, c.eligible, c.population
    FROM rule AS r
    CROSS JOIN coverage AS c
    LEFT JOIN yes AS y ON y.rule = r.rule AND y.tier = c.tier
    LEFT JOIN unknown AS u ON u.rule = r.rule AND u.tier = c.tier
)
SELECT
    n.rule, n.tier, n.yes, n.unknown, n.scanned, n.eligible, n.population,
    CASE
        WHEN a.yes = 0 OR a.scanned < t.coverage * a.eligible THEN NULL
        WHEN a.yes = 1 THEN 'Unique'
        WHEN a.yes >= t.common * a.scanned THEN 'Common'
        WHEN a.yes >= t.uncommon * a.scanned THEN 'Uncommon'
        ELSE 'Rare'
    END AS label
FROM numbers AS n
JOIN numbers AS a ON a.rule = n.rule AND a.tier = 'all'
CROSS JOIN threshold AS t
ORDER BY n.rule, n.tier
