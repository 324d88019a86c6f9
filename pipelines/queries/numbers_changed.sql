-- How the numbers changed since a date: for each rule and tier, those that show it by the last run before and by the newest
-- (policy `installed`), where one differs from the other.
--   since: a day as in 2026-11-01, or an instant
WITH run AS (
    SELECT
        run_id,
        CASE WHEN as_of < CAST($since AS TIMESTAMP WITH TIME ZONE) THEN 1 ELSE 0 END AS before,
        row_number() OVER (
            PARTITION BY CASE WHEN as_of < CAST($since AS TIMESTAMP WITH TIME ZONE) THEN 1 ELSE 0 END
            ORDER BY as_of DESC, started_at DESC, run_id DESC
        ) AS newest
    FROM runs
    WHERE stage = 'prevalence' AND policy = 'installed' AND unit = 'project'
)
SELECT
    n.rule, n.tier, b.yes AS yes_before, b.scanned AS scanned_before, n.yes, n.scanned, b.label AS label_before, n.label
FROM prevalence AS n
JOIN run AS rn ON rn.run_id = n.run_id AND rn.newest = 1 AND rn.before = 0
LEFT JOIN (
    SELECT p.rule, p.tier, p.yes, p.scanned, p.label
    FROM prevalence AS p
    JOIN run AS r ON r.run_id = p.run_id AND r.newest = 1 AND r.before = 1
) AS b ON b.rule = n.rule AND b.tier = n.tier
WHERE n.yes <> coalesce(b.yes, 0) OR coalesce(n.label, '') <> coalesce(b.label, '')
ORDER BY n.rule, n.tier
