-- The newest numbers of each policy.
SELECT p.run_id, p.as_of, p.policy, p.rule, p.tier, p.yes, p.unknown, p.scanned, p.eligible, p.population, p.label
FROM prevalence AS p
JOIN (
    SELECT policy, max(run_id) AS run_id
    FROM runs
    WHERE stage = 'prevalence'
    GROUP BY policy
) AS newest ON newest.run_id = p.run_id
