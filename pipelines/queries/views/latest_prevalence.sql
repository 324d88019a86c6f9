-- The newest numbers of each policy, of projects and of families.
SELECT p.run_id, p.as_of, p.policy, p.unit, p.rule, p.tier, p.yes, p.unknown, p.scanned, p.eligible, p.population, p.label
FROM prevalence AS p
JOIN (
    SELECT run_id, row_number() OVER (PARTITION BY policy, unit ORDER BY as_of DESC, started_at DESC, run_id DESC) AS newest
    FROM runs
    WHERE stage = 'prevalence'
) AS r ON r.run_id = p.run_id
WHERE r.newest = 1
